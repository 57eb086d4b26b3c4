"""What happened in the last days, as events that rules can be asked about again.

Messages and the shop's own events stand in `events`. What became of a campaign's messages is read
from the deliveries: it is recorded as an event only where a rule looked at it, and a candidate may
look at more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from rules.event import CAMPAIGN_EVENTS, Event
from store import mongo, past
from store.documents.delivery import Delivery
from store.documents.event import EventRecord

OF_DELIVERIES = frozenset(
    {"sent", "delivered", "read", "failed", "replied", "clicked", "opted_out", "goal"}
)
_AT_TIMES = OF_DELIVERIES - {"replied", "clicked"}


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
        if row["name"] in CAMPAIGN_EVENTS and row["delivery_id"] is not None:
            continue  # told by its delivery
        yield Happened(event_of(row), row["contact_id"], row["recorded_at"], row["handled"])


def event_of(row: EventRecord) -> Event:
    """The event as it was recorded. Pure."""
    return Event(
        id=row["_id"],
        name=row["name"],
        at=row["at"],
        text=row["text"],
        button=row["button"],
        campaign=row["campaign"],
        properties=row["properties"],
        **row.get("about", {}),
    )


def of_deliveries(
    db: mongo.Db, since: datetime, names: frozenset[str], kinds: Mapping[str, str]
) -> Iterator[Happened]:
    """What became of campaigns' messages that were written since then, the latest first.

    names: the events asked for. kinds: {campaign: its type}.
    """
    if not names:
        return
    for delivery in past.campaign_messages(db, since):
        kind = kinds.get(delivery["campaign"] or "")
        for event in _events(delivery, kind, names):
            yield Happened(event, delivery["contact_id"], event.at)


def _events(delivery: Delivery, kind: str | None, names: frozenset[str]) -> Iterator[Event]:
    def made(name: str, at: datetime, button: str = "", text: str | None = None) -> Event:
        error = delivery["error"] if name == "failed" else None
        return Event(
            id=f"{delivery['_id']}:{name}{':' + button if button else ''}",
            name=name,
            at=at,
            text=text,
            button=button or None,
            campaign=delivery["campaign"],
            campaign_type=kind,
            step=delivery["step"],
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
        if "replied" in names and button != first:
            yield made("replied", at, button)
        if "clicked" in names:
            yield made("clicked", at, button)
