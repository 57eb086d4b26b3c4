"""Call Meta's Graph API over kept-alive connections. Nothing is ever retried here.

The API has no idempotency key, so whoever calls must know what came of each call: accepted,
refused, or not known.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from config import metrics, tracing
from whatsapp import media
from whatsapp.errors import is_known
from whatsapp.inbound import code_of, storable
from whatsapp.wire import Answer, NeverLeftError, NoAnswerError, Wire

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 20.0
UPLOAD_TIMEOUT_S = 10.0
_PAGE = 100
_NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,quality_rating,throughput,"
    "whatsapp_business_manager_messaging_limit"
)
# A gateway that answers for Meta does not know whether the message went through.
_ANSWER_LOST = (502, 504)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Meta took the message. wa_id: Meta's form of the number, which may differ from ours."""

    wamid: str
    wa_id: str | None
    held: bool  # for quality assessment: it may still fail


@dataclass(frozen=True, slots=True)
class Refused:
    """Meta did not take it, for sure. code: Meta's, or None where nothing was ever sent."""

    code: int | None
    title: str
    http_status: int | None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The request left and no answer came: Meta may have taken it or not."""

    reason: str


Outcome = Accepted | Refused | Unanswered


class GraphError(Exception):
    """Meta refused a call that is not a send, or did not answer. code: Meta's, if it gave one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class WhatsApp:
    """One phone number at Meta. Safe to use from many threads: each has its own connection."""

    def __init__(
        self, base_url: str, version: str, token: str, phone_number_id: str, waba_id: str
    ) -> None:
        self.phone_number_id = phone_number_id
        self.waba_id = waba_id
        self._root = f"{base_url}/{version}"
        self._token = token
        self._local = threading.local()
        self._messages = f"/{version}/{phone_number_id}/messages"
        self._wire = Wire(
            base_url,
            {"Authorization": f"Bearer {token}"},
            connect_s=CONNECT_TIMEOUT_S,
            answer_s=READ_TIMEOUT_S,
        )

    def send(self, body: dict[str, Any]) -> Outcome:
        """POST one message. Raises nothing: whatever happens is one of the three outcomes."""
        begun = tracing.clock()
        with metrics.calling_meta("send"):
            outcome = self._send(body)
        _count(outcome)
        what = type(outcome).__name__.lower()
        tracing.record("POST to Meta", tracing.current(), begun, outcome=what)
        return outcome

    def _send(self, body: dict[str, Any]) -> Outcome:
        try:
            answer = self._wire.post(self._messages, body)
        except NeverLeftError:
            return Refused(None, "could not connect to Meta", None)
        except NoAnswerError as error:
            return Unanswered(str(error))
        return _outcome(answer, self._token)

    def templates(self) -> Iterator[dict[str, Any]]:
        """Every template, page by page. Raises GraphError."""
        fields = "id,name,category,status,language,components,quality_score,parameter_format"
        after: str | None = None
        while True:
            query = {"fields": fields, "limit": str(_PAGE)}
            if after:
                query["after"] = after
            page = self._get(f"{self.waba_id}/message_templates", query)
            rows = page.get("data")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                # Taken for an empty list, it would make us forget every template there is.
                raise GraphError("Meta answered 200 with a list that is not understood")
            yield from rows
            before, after = after, _next_cursor(page)
            if not after:
                return
            if after == before:
                raise GraphError("Meta gives the same page again")

    def phone_number(self) -> dict[str, Any]:
        """What Meta says of our number: display number, quality, limit. Raises GraphError."""
        return self._get(
            self.phone_number_id,
            {"fields": _NUMBER_FIELDS},
        )

    def upload(self, content: bytes, media_type: str, name: str) -> str:
        """Hand Meta a file; its id, good for 30 days. Raises GraphError.

        Safe to repeat: every time is an upload of its own.
        """
        told = self._call(
            "upload",
            "POST",
            f"{self.phone_number_id}/media",
            data={"messaging_product": "whatsapp", "type": media_type},
            files={"file": (name, content, media_type)},
            answer_s=UPLOAD_TIMEOUT_S,
        )
        media_id = told.get("id")
        if not isinstance(media_id, str) or not media_id:
            raise GraphError("Meta answered 200 with an upload that has no id")
        return media_id

    def download(self, media_id: str, most_bytes: int) -> media.Media:
        """A file that somebody sent us, opened. Raises media.NoMediaError and GraphError."""
        told = self._get(media_id, {})
        with metrics.calling_meta("download"):
            wait = (CONNECT_TIMEOUT_S, UPLOAD_TIMEOUT_S)
            # A connection of its own: while its pieces are read, this thread may call Meta again.
            session = self._new_session()
            return media.opened(session, self._root, told, most_bytes, wait)

    def subscribed_apps(self) -> list[dict[str, Any]]:
        """The apps that get this account's webhooks. Raises GraphError."""
        return list(self._get(f"{self.waba_id}/subscribed_apps", {}).get("data") or [])

    def _get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        return self._call("get", "GET", path, params=query)

    def _call(
        self, what: str, method: str, path: str, answer_s: float = READ_TIMEOUT_S, **sent: Any
    ) -> dict[str, Any]:
        try:
            with metrics.calling_meta(what):
                answer = self._session().request(
                    method,
                    f"{self._root}/{path}",
                    **sent,
                    timeout=(CONNECT_TIMEOUT_S, answer_s),
                    allow_redirects=False,
                )
            body = answer.json()
        except (requests.exceptions.JSONDecodeError, RecursionError):
            raise GraphError(f"Meta answered {answer.status_code} and no JSON") from None
        except requests.exceptions.RequestException as error:
            raise GraphError(f"Meta could not be reached ({type(error).__name__})") from None
        if answer.status_code != requests.codes.ok:
            refused = _refusal(Answer(answer.status_code, answer.content, ""), self._token)
            raise GraphError(refused.title, refused.code)
        if not isinstance(body, dict):
            raise GraphError("Meta answered 200 with a body that is not understood")
        return body

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._new_session()
        return session

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        # Left on, every call would read the proxy variables and ~/.netrc again, and a
        # REQUESTS_CA_BUNDLE would override what is set here.
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {self._token}"
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session


def _count(outcome: Outcome) -> None:
    if isinstance(outcome, Accepted):
        metrics.sent("accepted")
    elif isinstance(outcome, Unanswered):
        metrics.sent("unanswered")
    else:
        metrics.sent("refused")
        known = outcome.code is not None and is_known(outcome.code)
        metrics.meta_error(outcome.code, metrics.ANSWER, known=known)


def _next_cursor(page: dict[str, Any]) -> str | None:
    try:
        paging = page.get("paging") or {}
        after = (paging.get("cursors") or {}).get("after")
        return after if paging.get("next") else None
    except AttributeError:
        raise GraphError("Meta answered 200 with paging that is not understood") from None


def _outcome(answer: Answer, token: str) -> Outcome:
    if answer.status == requests.codes.ok:
        try:
            body = answer.json()
            message = body["messages"][0]
            contact = (body.get("contacts") or [{}])[0]
            return Accepted(
                wamid=_wamid(message["id"]),
                wa_id=contact.get("wa_id"),
                held=message.get("message_status") == "held_for_quality_assessment",
            )
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            # Meta said yes; what it said besides is lost. The status webhook will tell.
            return Unanswered("Meta answered 200 with a body that is not understood")
    refused = _refusal(answer, token)
    if refused.code is None and answer.status in _ANSWER_LOST:
        return Unanswered(f"a gateway answered {answer.status} in Meta's place")
    return refused


def _wamid(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("no wamid")
    return storable(value)


def _refusal(answer: Answer, token: str) -> Refused:
    """Meta's words without our token: a malformed one is repeated in them."""
    code: int | None = None
    title = f"HTTP {answer.status}"
    try:
        error = answer.json()["error"]
        code = code_of(int(error["code"]))
        title = str((error.get("error_data") or {}).get("details") or error.get("message") or title)
    except (ArithmeticError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass  # a proxy's HTML page, say: the HTTP status is all there is
    return Refused(
        code,
        storable(title.replace(token, "[token]")[:300]),
        answer.status,
        float(answer.retry_after) if answer.retry_after.isdecimal() else None,
    )
