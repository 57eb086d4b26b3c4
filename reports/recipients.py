"""A campaign's complete list, one row a recipient; streamed as CSV."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

from reports.history import jsonable
from store import campaigns, contacts, deliveries, mongo
from store.documents.contact import Contact
from store.documents.delivery import Delivery

COLUMNS = (
    "phone", "bsuid", "name", "run", "step", "status", "reason", "error_code", "error_title",
    "created_at", "accepted_at", "sent_at", "delivered_at", "read_at", "failed_at",
    "replied_at", "reply_text", "reply_button", "attribution", "clicks", "template", "category",
    "pricing_category", "billable", "attempts", "rule", "rule_version", "wamid", "delivery_id",
)  # fmt: skip
_BATCH = 500
_TIMES = ("accepted", "sent", "delivered", "read", "failed")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_rows(db: mongo.Db, name: str) -> Iterator[str]:
    """Lines of RFC 4180 text: the header, then the campaign's deliveries, oldest run first.

    Times are ISO 8601 in UTC. Holds a few hundred recipients at a time, however many there are.
    """
    yield _line(dict(zip(COLUMNS, COLUMNS, strict=True)))
    yield from map(_line, cells(db, name))


def cells(db: mongo.Db, name: str) -> Iterator[dict[str, Any]]:
    """{column: value} of each of a campaign's deliveries, oldest run first; no more than a few
    hundred at a time."""
    for run in reversed(campaigns.runs_of(db, name, limit=100_000)):
        owed = iter(deliveries.of_run(db, run["_id"]))
        while batch := list(islice(owed, _BATCH)):
            people = contacts.by_ids(db, [delivery["contact_id"] for delivery in batch])
            for delivery in batch:
                person = people.get(delivery["contact_id"])
                yield {"run": run["number"], **_person(person), **_delivery(delivery)}


def told(row: Delivery, person: Contact | None) -> dict[str, Any]:
    """One recipient, ready for JSON: the columns but the run's number."""
    cells = {**_person(person), **_delivery(row)}
    return {name: jsonable(cells.get(name)) for name in COLUMNS if name != "run"}


def harmless(value: Any) -> str:
    """`value` as a cell that no spreadsheet takes for a formula. Pure.

    Source: https://owasp.org/www-community/attacks/CSV_Injection

    >>> harmless("=HYPERLINK(1)")
    "'=HYPERLINK(1)"
    """
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    if isinstance(value, bool):
        text = text.lower()
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text


def _line(row: dict[str, Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([harmless(row.get(column)) for column in COLUMNS])
    return out.getvalue()


def _person(person: Contact | None) -> dict[str, Any]:
    """Empty where the person was erased."""
    if person is None:
        return {}
    return {"phone": person["wa_id"], "bsuid": person["bsuid"], "name": person["name"]}


def _delivery(row: Delivery) -> dict[str, Any]:
    error, reply, pricing = row["error"], row["reply"], row["pricing"] or {}
    cells: dict[str, Any] = {
        "step": row["step"],
        "status": row["status"],
        "reason": row["reason"],
        "created_at": row["created_at"],
        **{f"{status}_at": row["times"].get(status) for status in _TIMES},
        "clicks": "; ".join(row["clicks"]),
        "template": row["message"].get("template", {}).get("name"),
        "category": row["category"],
        "pricing_category": pricing.get("category"),
        "billable": pricing.get("billable"),
        "attempts": row["attempts"],
        "rule": row["triggered_by"].get("rule"),
        "rule_version": row["triggered_by"].get("rule_version"),
        "wamid": row["wamid"],
        "delivery_id": row["_id"],
    }
    if error:
        cells |= {"error_code": error["code"], "error_title": error["title"]}
    if reply:
        cells |= {
            "replied_at": reply.get("at"),
            "reply_text": reply.get("text"),
            "reply_button": reply.get("button"),
            "attribution": reply.get("attribution"),
        }
    return cells
