"""Deadlines of campaigns' messages: what was not done by then is put in line for the rules.

A fire stands for many messages. When it is due, those that were read (or answered, say) meanwhile
are passed over; each of the others becomes a row of the journal, so that it is decided in order
with whatever else happens to its person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bson import ObjectId

from contacts import journaled
from deliveries import tellings
from runtime import Runtime
from store import contacts, deliveries, fires, past, rule_versions
from store.documents.delivery import Delivery
from store.documents.fire import Fire, FireKind
from store.documents.inbox import InboxItem

# Whether it left us at all is not known of a message in doubt; a status may still tell.
_LOOK_AGAIN = timedelta(minutes=10)
_IN_DOUBT = timedelta(days=3)
_PAGE = 2_000
_FIRES = 10  # at once, of some hundred messages each
# A message is written down some time before it leaves: the night, or a retry, may lie between.
_WAITED = timedelta(days=2)


def journal_due(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
    """Put in line what was not done by these deadlines; {fire: when to look again}. Three commands
    for a few thousand messages. Safe to repeat: each is one row."""
    again: dict[str, datetime] = {}
    for first in range(0, len(due), _FIRES):
        again |= _journal(rt, due[first : first + _FIRES], now)
    return again


def _journal(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
    rows = deliveries.standing(rt.db, {one for fire in due for one in fire["subject"]["ids"]})
    missed: list[tuple[Delivery, Fire]] = []
    again: dict[str, datetime] = {}
    for fire in due:
        subject = fire["subject"]
        for delivery_id in subject["ids"]:
            delivery = rows.get(delivery_id)
            if delivery is None or delivery["times"].get("sending") != subject["sent_at"]:
                continue  # it was sent again since, and has another deadline
            if tellings.is_open(delivery) and now - subject["sent_at"] < _IN_DOUBT:
                again[fire["_id"]] = now + _LOOK_AGAIN
            elif tellings.missed(delivery, subject["event"], _deadline(fire)):
                missed.append((delivery, fire))
    people = contacts.by_ids(rt.db, {delivery["contact_id"] for delivery, _ in missed})
    items: list[InboxItem] = [
        tellings.item(
            delivery["_id"],
            fire["subject"]["event"],
            people[delivery["contact_id"]],
            at=_deadline(fire),
            now=now,
            after_s=fire["subject"]["after_s"],
        )
        for delivery, fire in missed
        if delivery["contact_id"] in people
    ]
    journaled.put_in_line(rt, items)
    return again


def _deadline(fire: Fire) -> datetime:
    at: datetime = fire["subject"]["sent_at"] + timedelta(seconds=fire["subject"]["after_s"])
    return at


def look_back(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
    """Set the deadlines that newly published rules ask about, of what was sent before; those that
    are over already are not told. A page at a time, each of which owes the next: no list grows,
    and a crash repeats a page. Safe to repeat."""
    for fire in due:
        _look_back(rt, fire, now)
    return {}


def _look_back(rt: Runtime, fire: Fire, now: datetime) -> None:
    longest = max((one["after_s"] or 0 for one in rule_versions.tells(rt.db)), default=0)
    if not longest or fire["version"] != rule_versions.latest_number(rt.db):
        return  # nobody asks any more, or a newer version looks for itself
    since = now - timedelta(seconds=longest) - _WAITED
    before: ObjectId | None = fire["subject"]["before"]
    page = past.messages_before(rt.db, since, before, _PAGE)
    asked = tellings.Asked(rt.db)
    fires.schedule(rt.db, [one for one in tellings.deadlines(asked, page) if one["due_at"] > now])
    if len(page) == _PAGE:
        last = page[-1]["_id"]
        fires.schedule(rt.db, [_next(fire, last, now)])


def _next(fire: Fire, last: ObjectId, now: datetime) -> Fire:
    return {
        "_id": f"look_back:{fire['version']}:{last}",
        "kind": FireKind.LOOK_BACK,
        "subject": {"before": last},
        "due_at": now,
        "version": fire["version"],
        "lease": None,
        "tries": 0,
    }
