"""Everything about one person, newest first: why did (or didn't) she get it?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId

from store import contacts, deliveries, enrolments, events, mongo, suppressions
from store.documents.contact import Contact
from store.documents.delivery import Delivery
from store.documents.enrolment import Enrolment
from store.documents.event import EventRecord
from store.documents.suppression import Suppression, SuppressionChange


def of_contact(db: mongo.Db, contact_id: ObjectId, limit: int) -> list[dict[str, Any]]:
    """Every event, decision, refusal and delivery of one person, ready for JSON, newest first.

    Each has `at` (ISO 8601, UTC) and `kind`: event | delivery | enrolment | suppression.
    """
    rows = [_event(record) for record in events.of_contact(db, contact_id, limit)]
    rows += [_delivery(row) for row in deliveries.of_contact(db, contact_id, limit)]
    rows += [_enrolment(row) for row in enrolments.of_contact(db, contact_id)]
    person = contacts.by_ids(db, [contact_id]).get(contact_id)
    if person:
        rows += _suppressions(standing_of(db, person).values())
    rows.sort(key=lambda row: row["at"], reverse=True)
    return [jsonable(row) for row in rows[:limit]]


def standing_of(db: mongo.Db, person: Contact) -> dict[str, Suppression]:
    """{identity: suppression} of one person, lifted ones too."""
    return suppressions.find(db, suppressions.identities(person["wa_id"], person["bsuid"]))


def _event(record: EventRecord) -> dict[str, Any]:
    shown = {key: value for key, value in record.items() if key not in ("_id", "contact_id")}
    return {"kind": "event", "id": record["_id"], **shown}


def _delivery(row: Delivery) -> dict[str, Any]:
    """`at` is the moment at which we came to owe it; `times` tells when each status was reached."""
    hidden = ("_id", "contact_id", "lease", "created_at")
    shown = {key: value for key, value in row.items() if key not in hidden}
    return {"kind": "delivery", "id": row["_id"], "at": row["created_at"], **shown}


def _enrolment(row: Enrolment) -> dict[str, Any]:
    """`at` is when they were enrolled; each step that they have behind them stands in `passed`."""
    hidden = ("_id", "contact_id", "turn", "facts", "sent")
    shown = {key: value for key, value in row.items() if key not in hidden}
    return {"kind": "enrolment", "id": row["_id"], "at": row["enrolled_at"], **shown}


def _suppressions(rows: Iterable[Suppression]) -> list[dict[str, Any]]:
    """Each change once, though it is kept under the person's phone and BSUID alike."""
    changes: list[SuppressionChange] = []
    for row in rows:
        changes += [change for change in row["history"] if change not in changes]
    return [{"kind": "suppression", **change} for change in changes]


def jsonable(value: Any) -> Any:
    """`value` with times as ISO 8601 and ids as text. Pure."""
    if isinstance(value, dict):
        return {str(key): jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
