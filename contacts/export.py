"""Contacts as CSV or NDJSON, in the form that an import takes: what is exported may be imported
again, and then changes nothing.

Columns that an import does not read come last, and an import passes over them.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from contacts import audience
from contacts.audience import Audience
from contacts.rows import FileKind
from contacts.sheet import COLUMNS, FORMULA, OWN, TOLD
from store import attributes, mongo
from store.documents.contact import Contact


def stream(db: mongo.Db, kind: FileKind, meant: Audience, now: datetime) -> Iterator[str]:
    """The file, in pieces of some hundred people; memory: one piece.

    Raises ImpossibleSegmentError before the first piece.
    """
    people = audience.stream(db, meant, now)
    return _csv(db, people) if kind is FileKind.CSV else _ndjson(people)


def _csv(db: mongo.Db, people: Iterator[list[Contact]]) -> Iterator[str]:
    own = [row["_id"] for row in attributes.every(db)]
    columns = [*COLUMNS, *(OWN + name for name in own), *TOLD]
    yield _lines([columns])
    for batch in people:
        yield _lines([[cell(value) for value in _cells(one, own)] for one in batch])


def _lines(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _cells(contact: Contact, own: list[str]) -> Iterator[Any]:
    said = _said(contact)
    for column in COLUMNS:
        yield said.get(column)
    for name in own:
        yield contact["attributes"].get(name)
    for column in TOLD:
        yield _told(contact)[column]


def cell(value: Any) -> str:
    """`value` as an import reads it, and as no spreadsheet takes it for a formula. Pure.

    A phone number keeps its `+`: it holds nothing but digits. An import takes the mark in front of
    a formula away again. Source: https://owasp.org/www-community/attacks/CSV_Injection

    >>> cell("=HYPERLINK(1)"), cell(True), cell(["a", "b"]), cell(-1.5)
    ("'=HYPERLINK(1)", 'true', 'a;b', '-1.5')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    text = ";".join(map(str, value)) if isinstance(value, list) else str(value)
    number = text.startswith("+") and text[1:].isdigit()
    return f"'{text}" if FORMULA.match(text) and not number else text


def _said(contact: Contact) -> dict[str, Any]:
    """What an import reads."""
    opted_in = {"yes": True, "no": False}.get(contact["consent"]["state"])
    return {
        "phone": f"+{contact['wa_id']}" if contact["wa_id"] else None,
        "name": contact["name"],
        "language": contact["language"],
        "timezone": contact["timezone"],
        "segments": contact["segments"],
        "opted_in": opted_in,
    }


def _told(contact: Contact) -> dict[str, Any]:
    """What only we can say."""
    consent = contact["consent"]
    return {
        "bsuid": contact["bsuid"],
        "username": contact["username"],
        "country": contact["country"],
        "consent_source": consent["source"],
        "consent_at": consent["at"].isoformat(),
        "last_seen": _iso(contact["last_inbound_at"]),
        "created_at": contact["created_at"].isoformat(),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _ndjson(people: Iterator[list[Contact]]) -> Iterator[str]:
    for batch in people:
        yield "".join(_object(contact) for contact in batch)


def _object(contact: Contact) -> str:
    fields = {**_said(contact), "attributes": contact["attributes"], **_told(contact)}
    given = {name: value for name, value in fields.items() if value not in (None, [], {})}
    return json.dumps(given, ensure_ascii=False, separators=(",", ":")) + "\n"
