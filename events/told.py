"""What became of campaigns' messages by our own account: accepted, a deadline, a tapped link.

Decided in order with whatever else happens to the person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from deliveries import tellings
from events import decide, standing
from events.work import Work
from rules.event import NEGATIVES, Event
from store import contacts, deliveries, inbox
from store.documents.delivery import Delivery, campaign_type


@dataclass(frozen=True, slots=True)
class Told:
    """A journal row, read. shard: where it stands."""

    item_id: str
    shard: int
    at: datetime
    delivery_id: ObjectId
    event: str
    after_s: int | None


def handle(work: Work, told: Sequence[Told]) -> list[str]:
    """Have the rules hear of these; the rows that are done. Safe to repeat.

    What has been done since a deadline was put in line makes it void.
    """
    db = work.rt.db
    rows = deliveries.find(db, {one.delivery_id for one in told})
    people = contacts.by_ids(db, {row["contact_id"] for row in rows.values()})
    docket = decide.Docket(work)
    done: list[str] = []
    for one in told:
        delivery = rows.get(one.delivery_id)
        contact = people.get(delivery["contact_id"]) if delivery else None
        if contact is not None and contact["shard"] != one.shard:
            inbox.rehome(db, one.item_id, contact["shard"])
            work.shards.add(contact["shard"])
            continue
        done.append(one.item_id)
        if work.book is None or delivery is None or contact is None or not _is_so(delivery, one):
            continue
        if delivery["campaign"] and work.book.uses(one.event, delivery["campaign"]):
            docket.ask(work.book, contact, _event(delivery, one), delivery_id=delivery["_id"])
    docket.settle()
    return done


def _is_so(delivery: Delivery, one: Told) -> bool:
    return one.event not in NEGATIVES or tellings.missed(delivery, one.event, one.at)


def _event(delivery: Delivery, one: Told) -> Event:
    suffix = "" if one.after_s is None else f":{one.after_s}"
    more = () if one.event in NEGATIVES else (one.event,)
    return Event(
        id=f"{delivery['_id']}:{one.event}{suffix}",
        name=one.event,
        at=one.at,
        campaign=delivery["campaign"],
        campaign_type=campaign_type(delivery),
        step=delivery["step"],
        after_s=one.after_s,
        reached=standing.reached(delivery, more, one.at if one.event in NEGATIVES else None),
        buttons=frozenset(delivery["clicks"]),
    )
