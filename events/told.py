"""What became of campaigns' messages by our own account: accepted, a deadline, a tapped link.

Decided in order with whatever else happens to the person.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from campaigns import leaving
from deliveries import links, tellings
from events import clicks, decide, standing
from events.work import Work
from rules.book import RuleBook
from rules.event import NEGATIVES, Event
from store import contacts, deliveries, inbox
from store.documents.contact import Contact
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
    link: str | None = None  # `link:1`: which of its links was tapped


def handle(work: Work, told: Sequence[Told]) -> list[str]:
    """Have the rules hear of these; the rows that are done. Safe to repeat.

    What has been done since a deadline was put in line makes it void. A tapped link is counted.
    """
    db = work.rt.db
    rows = deliveries.find(db, {one.delivery_id for one in told})
    people = contacts.by_ids(db, {row["contact_id"] for row in rows.values()})
    done: list[str] = []
    ours: list[tuple[Told, Delivery, Contact]] = []
    for one in told:
        delivery = rows.get(one.delivery_id)
        contact = people.get(delivery["contact_id"]) if delivery else None
        if contact is not None and contact["shard"] != one.shard:
            inbox.rehome(db, one.item_id, contact["shard"])
            work.shards.add(contact["shard"])
            continue
        done.append(one.item_id)
        if delivery is not None and contact is not None:
            ours.append((one, delivery, contact))
    _keep_taps(work, ours)
    if work.book is not None:
        _ask(work, work.book, ours)
    return done


def _keep_taps(work: Work, ours: Sequence[tuple[Told, Delivery, Contact]]) -> None:
    taps = clicks.Clicks(work.rt)
    for one, delivery, contact in ours:
        if one.link is not None:
            taps.add(delivery["_id"], one.link, one.at)
            _end_drips(work, contact, delivery, one)
    taps.settle()


def _ask(work: Work, book: RuleBook, ours: Sequence[tuple[Told, Delivery, Contact]]) -> None:
    docket = decide.Docket(work)
    tapped: dict[ObjectId, set[str]] = defaultdict(set)
    for one, delivery, contact in ours:
        if one.link is not None:
            tapped[delivery["_id"]].add(one.link)
        if not _is_so(delivery, one) or not delivery["campaign"]:
            continue
        if book.uses(one.event, delivery["campaign"]):
            event = _event(delivery, one, tapped[delivery["_id"]])
            docket.ask(book, contact, event, delivery_id=delivery["_id"])
    docket.settle()


def _end_drips(work: Work, contact: Contact, delivery: Delivery, one: Told) -> None:
    """A tap may end the drip whose message it was."""
    if campaign_type(delivery) == "drip":
        leaving.answered(
            work.rt,
            work.exits,
            contact,
            delivery,
            one.item_id,
            work.now,
            tapped=True,
            said=False,
        )


def _is_so(delivery: Delivery, one: Told) -> bool:
    return one.event not in NEGATIVES or tellings.missed(delivery, one.event, one.at)


def _event(delivery: Delivery, one: Told, tapped: Collection[str]) -> Event:
    suffix = "".join(f":{more}" for more in (one.after_s, one.link) if more is not None)
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
        buttons=frozenset([*delivery["clicks"], *tapped]),
        link=links.called(delivery["message"], one.link) if one.link else frozenset(),
    )
