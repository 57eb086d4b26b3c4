"""What happened in the last days, as events that rules can be asked about again.

Messages and the shop's own events stand in `events`. What became of a campaign's messages is read
from the deliveries: it is recorded as an event only where a rule looked at it, and a candidate may
look at more.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from deliveries import links, tellings
from events import standing
from rules.event import CAMPAIGN_EVENTS, NEGATIVES, Event
from store import mongo, past
from store.documents.delivery import Delivery
from store.documents.event import EventRecord

OF_DELIVERIES = frozenset(
    {"accepted", "sent", "delivered", "read", "failed", "replied", "clicked", "opted_out", "goal"}
)
_AT_TIMES = OF_DELIVERIES - {"replied", "clicked"}
Deadlines = Callable[[str], frozenset[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, whose it is, when it was looked at, and by what it was handled, if not by rules."""

    event: Event
    contact_id: ObjectId
    looked_at: datetime
    handled: str | None = None


def recorded(db: mongo.Db, since: datetime) -> Iterator[Happened]:
    """Messages and custom events, the latest first; a page is held at a time."""
    for row in past.events(db, since):
        if row["name"] in CAMPAIGN_EVENTS | NEGATIVES and row["delivery_id"] is not None:
            continue  # told by its delivery
        yield Happened(event_of(row), row["contact_id"], row["recorded_at"], row["handled"])


def event_of(row: EventRecord) -> Event:
    """The event as it was recorded. Pure."""
    about: dict[str, Any] = {
        name: frozenset(told) if isinstance(told, list) else told
        for name, told in row.get("about", {}).items()
    }
    return Event(
        id=row["_id"],
        name=row["name"],
        at=row["at"],
        text=row["text"],
        button=row["button"],
        campaign=row["campaign"],
        properties=row["properties"],
        **about,
    )


def of_deliveries(
    db: mongo.Db,
    since: datetime,
    names: frozenset[str],
    kinds: Mapping[str, str],
    deadlines: Deadlines,
    now: datetime,
) -> Iterator[Happened]:
    """What became of campaigns' messages that were written since then, the latest first.

    names: the events asked for. kinds: {campaign: its type}. deadlines: of a campaign, within which
    times something is asked not to have been done; those that are over by `now` are told of.
    """
    if not names and not any(map(deadlines, kinds)):
        return
    for delivery in past.campaign_messages(db, since):
        campaign = delivery["campaign"] or ""
        kind = kinds.get(campaign)
        for event in _events(delivery, kind, names):
            yield Happened(event, delivery["contact_id"], event.at)
        for name, after_s in sorted(deadlines(campaign)):
            missed = _missed(delivery, kind, name, after_s)
            if missed is not None and missed.at <= now:
                yield Happened(missed, delivery["contact_id"], missed.at)


def _events(delivery: Delivery, kind: str | None, names: frozenset[str]) -> Iterator[Event]:
    def made(name: str, at: datetime, button: str = "", text: str | None = None) -> Event:
        error = delivery["error"] if name == "failed" else None
        told = _event(delivery, kind, name, at, [name])
        return replace(
            told,
            id=f"{told.id}{':' + button if button else ''}",
            text=text,
            button=button or None,
            error_code=error["code"] if error else None,
        )

    for name in sorted(names & _AT_TIMES & delivery["times"].keys()):
        yield made(name, delivery["times"][name])
    reply = delivery["reply"]
    at = reply["at"] if reply else delivery["status_at"]
    first = (reply["button"] or "") if reply else ""
    if "replied" in names and reply:
        yield made("replied", at, first, reply["text"])
    for button in delivery["clicks"]:
        if links.is_name(button):
            if "clicked" in names:
                yield _tapped(
                    made("clicked", delivery["times"].get("clicked", at)), delivery, button
                )
            continue
        if "replied" in names and button != first:
            yield made("replied", at, button)
        if "clicked" in names:
            yield made("clicked", at, button)


def _tapped(event: Event, delivery: Delivery, link: str) -> Event:
    """As that of a link."""
    called = links.called(delivery["message"], link)
    return replace(event, id=f"{event.id}:{link}", link=called, buttons=event.buttons | {link})


def _missed(delivery: Delivery, kind: str | None, name: str, after_s: int) -> Event | None:
    sent_at = delivery["times"].get("sending")
    if sent_at is None:
        return None
    at = sent_at + timedelta(seconds=after_s)
    if not tellings.missed(delivery, name, at):
        return None
    told = _event(delivery, kind, name, at, [])
    return replace(told, id=f"{told.id}:{after_s}", after_s=after_s)


def _event(
    delivery: Delivery, kind: str | None, name: str, at: datetime, more: Collection[str]
) -> Event:
    """As the message stood at that moment."""
    reply = delivery["reply"]
    answered = reply is not None and reply["at"] <= at
    return Event(
        id=f"{delivery['_id']}:{name}",
        name=name,
        at=at,
        campaign=delivery["campaign"],
        campaign_type=kind,
        step=delivery["step"],
        reached=standing.reached(delivery, more, at),
        buttons=frozenset(delivery["clicks"]) if answered else frozenset(),
    )
