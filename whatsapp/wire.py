"""POST over kept-alive connections, and know whether a request may have left.

The standard library's client and not a larger one: it costs a fifth of their processor time for
each message, and it never sends a request a second time by itself. libcurl does, silently, where a
kept connection turns out to be dead; here that could be a message twice.
"""

import http.client
import json
import select
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import certifi

# A connection that was idle for so long may be closed by the other side just as we use it.
_IDLE_S = 30.0


class NeverLeftError(Exception):
    """No connection could be made, so nothing was sent."""


class NoAnswerError(Exception):
    """The request left, whole or in part, and no whole answer came. Its text says how it ended."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: bytes
    retry_after: str

    def json(self) -> Any:
        """Raises ValueError or RecursionError where the body is no JSON."""
        return json.loads(self.body)


class Wire:
    """One server. Safe to use from many threads: each has its own connection."""

    def __init__(
        self, base_url: str, headers: dict[str, str], *, connect_s: float, answer_s: float
    ) -> None:
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname or "", parts.port
        self._headers = {"Content-Type": "application/json", **headers}
        self._connect_s, self._answer_s = connect_s, answer_s
        secure = parts.scheme == "https"
        self._tls = ssl.create_default_context(cafile=certifi.where()) if secure else None
        self._local = threading.local()

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """POST `body` as JSON, once. Raises NeverLeftError or NoAnswerError."""
        raw = json.dumps(body, allow_nan=False).encode()
        connection = self._connection()
        try:
            connection.request("POST", path, raw, self._headers)
            response = connection.getresponse()
            answer = Answer(
                response.status, response.read(), response.headers.get("Retry-After", "")
            )
        except TimeoutError:
            self._drop()
            raise NoAnswerError("no answer in time") from None
        except (OSError, http.client.HTTPException):
            self._drop()
            raise NoAnswerError("the connection was cut before an answer came") from None
        except BaseException:
            self._drop()  # half a request stands in it
            raise
        self._local.used_at = time.monotonic()
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None and self._is_fresh(kept):
            return kept
        self._drop()
        try:
            made = self._open()
        except OSError:  # TLS and time-outs too
            raise NeverLeftError from None
        self._local.connection = made
        return made

    def _open(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            made: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._connect_s, context=self._tls
            )
        else:
            made = http.client.HTTPConnection(self._host, self._port, timeout=self._connect_s)
        try:
            made.connect()
        except BaseException:
            made.close()
            raise
        made.sock.settimeout(self._answer_s)
        return made

    def _is_fresh(self, kept: http.client.HTTPConnection) -> bool:
        """Whether it is open and still: what can be read before anything was asked is its end."""
        if kept.sock is None or time.monotonic() - self._local.used_at > _IDLE_S:
            return False
        poll = select.poll()
        poll.register(kept.sock, select.POLLIN)
        return not poll.poll(0)

    def _drop(self) -> None:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            self._local.connection = None
            kept.close()
