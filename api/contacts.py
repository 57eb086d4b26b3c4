"""Contacts: import them, look at one, change one, erase one, and ask what happened to them."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import request

from api import people
from api.answers import ContactAnswer, HistoryAnswer, ImportAnswer, WhyAnswer, WhyOne
from api.bodies import ContactPatch
from api.problems import FieldProblem, ProblemError
from api.routing import Answer, body_as, limit, now, route, runtime
from contacts import attributes, changes, erasure, imports, segments
from contacts.attributes import AttributeClashError
from contacts.imports import Source
from contacts.rows import FileKind, UnusableFileError
from contacts.segments import ImpossibleSegmentError
from events import effects
from reports import history, why
from store import contacts, mongo
from store.documents.contact import Consent, Contact, OptIn

_KINDS = {"text/csv": FileKind.CSV, "application/x-ndjson": FileKind.NDJSON}
_CHUNK_BYTES = 64 * 1024
_DRAIN_BYTES = 64 * 1024 * 1024


@route(
    "POST",
    "/contacts/import",
    "Import contacts from CSV or NDJSON, streamed. A bad row never stops the good ones.",
    takes=tuple(_KINDS),
    gives=ImportAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
)
def import_contacts() -> Answer:
    kind = _KINDS.get(request.mimetype)
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if kind is None or charset not in ("utf-8", "utf8", "us-ascii"):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send {' or '.join(_KINDS)} in UTF-8."
        )
    request.max_content_length = None  # it is read as it comes, and never held
    rt, moment = runtime(), now()
    chunks = _chunks()
    source = Source("api", bytes_in_all=request.content_length)
    try:
        report = imports.carry_out(
            rt.db,
            imports.begin(rt.db, kind, source, moment),
            chunks,
            default_country=rt.settings.default_country,
            now=moment,
        )
    except UnusableFileError as error:
        _drain(chunks)
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
    return ImportAnswer.of(report)


def _chunks() -> Iterator[bytes]:
    while chunk := request.stream.read(_CHUNK_BYTES):
        yield chunk


def _drain(chunks: Iterator[bytes]) -> None:
    """Take what is still under way: a caller who is cut off while sending never sees the answer."""
    left = _DRAIN_BYTES
    while left > 0 and (chunk := next(chunks, b"")):
        left -= len(chunk)


@route("GET", "/contacts/{phone}", "One contact.", gives=ContactAnswer)
def get_contact(phone: str) -> Answer:
    return _answer(people.known(phone))


@route(
    "PATCH",
    "/contacts/{phone}",
    "Change what is given; `null` removes it. `segments` replaces them all.",
    takes=ContactPatch,
    gives=ContactAnswer,
    refuses=(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def patch_contact(phone: str) -> Answer:
    patch = body_as(ContactPatch)
    contact = people.known(phone)
    if not patch.model_fields_set:
        return _answer(contact)
    changed = contacts.update(runtime().db, contact["_id"], _told(contact, _change(patch)))
    if changed is None:  # erased at the same moment
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no contact with this phone number.")
    return _answer(changed)


@route(
    "DELETE",
    "/contacts/{phone}",
    "Erase the person everywhere; only the hash of a suppression is left.",
    gives=None,
    status=HTTPStatus.NO_CONTENT,
)
def delete_contact(phone: str) -> Answer:
    if not erasure.erase(runtime().db, people.identity_of(phone), now()):
        raise ProblemError(HTTPStatus.NOT_FOUND, "Nothing is known of this phone number.")
    return None


@route(
    "GET",
    "/contacts/{phone}/history",
    "Every event, decision, refusal and delivery of one person, newest first.",
    gives=HistoryAnswer,
    query={"limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 200}},
)
def get_contact_history(phone: str) -> Answer:
    contact = people.known(phone)
    rows = history.of_contact(runtime().db, contact["_id"], limit(200, 1000))
    return HistoryAnswer(history=rows)


@route(
    "GET",
    "/contacts/{phone}/why",
    "Why the person did, or didn't, get a campaign's message; or all of the latest.",
    gives=WhyAnswer,
    query={"campaign": {"type": "string"}},
)
def why_contact(phone: str) -> Answer:
    contact, campaign = people.known(phone), request.args.get("campaign")
    found = why.of(runtime().db, contact, campaign, now())
    if campaign is not None and not found:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no campaign with this name.")
    return WhyAnswer(messages=[WhyOne.model_validate(one, from_attributes=True) for one in found])


def _answer(contact: Contact) -> ContactAnswer:
    db: mongo.Db = runtime().db
    return ContactAnswer.of(contact, history.standing_of(db, contact).values(), now())


def _change(patch: ContactPatch) -> dict[str, Any]:
    """MongoDB's change for what the body gave."""
    moment = now()
    kept: dict[str, Any] = {"updated_at": moment}
    for name in patch.model_fields_set & {"name", "language", "timezone"}:
        kept[name] = getattr(patch, name)
    if "segments" in patch.model_fields_set:
        kept["segments"] = _takes_members(patch.segments or [])
    if "opted_in" in patch.model_fields_set:
        states = {True: OptIn.YES, False: OptIn.NO, None: OptIn.UNKNOWN}
        kept["consent"] = Consent(state=states[patch.opted_in], source="api", at=moment)
    given = patch.attributes or {}
    gone = {f"attributes.{name}": "" for name, value in given.items() if value is None}
    values = {name: value for name, value in given.items() if value is not None}
    for name, value in _held(values, moment).items():
        kept[f"attributes.{name}"] = value
    return {"$set": kept, **({"$unset": gone} if gone else {})}


def _told(contact: Contact, change: dict[str, Any]) -> dict[str, Any]:
    """The change, and with it what those are told who watch."""
    db = runtime().db
    if not (on := changes.watched(db)):
        return change
    after = effects.applied(contact, change)
    return {**change, **changes.pushed(changes.news(on, contact, after, now()))}


def _held(values: dict[str, Any], moment: datetime) -> dict[str, Any]:
    try:
        return attributes.hold(runtime().db, values, "api", moment)
    except AttributeClashError as error:
        raise _unfit(f"attributes.{error.name}", str(error)) from None


def _takes_members(names: list[str]) -> list[str]:
    try:
        segments.refuse_live(runtime().db, names)
    except ImpossibleSegmentError as error:
        raise _unfit("segments", str(error)) from None
    return names


def _unfit(path: str, sentence: str) -> ProblemError:
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The body is not as it should be; see `errors`.",
        [FieldProblem(path=path, message=sentence)],
    )
