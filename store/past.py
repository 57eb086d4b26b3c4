"""What happened lately, for looking back: events and campaigns' messages, the latest first.

Read page by page, so that neither a list here nor one cursor lasts as long as the reader.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING

from store import mongo
from store.documents.delivery import Delivery
from store.documents.event import EventRecord

_PAGE = 500


def events(db: mongo.Db, since: datetime) -> Iterator[EventRecord]:
    """What was recorded since then, without what came of it. Index: recorded_at_1."""
    last: datetime | None = None
    seen: set[str] = set()  # of those recorded at `last`, which stand on two pages
    while True:
        within = {"$gte": since, **({"$lte": last} if last else {})}
        found = mongo.events(db).find({"recorded_at": within}, {"actions": 0})
        page = found.sort("recorded_at", DESCENDING).limit(_PAGE + len(seen))
        fresh = [row for row in page if row["_id"] not in seen]
        if not fresh:
            return
        yield from fresh
        if fresh[-1]["recorded_at"] != last:
            last, seen = fresh[-1]["recorded_at"], set()
        seen.update(row["_id"] for row in fresh if row["recorded_at"] == last)


def count_events(db: mongo.Db, since: datetime) -> int:
    """How many there are. Index: recorded_at_1."""
    return mongo.events(db).count_documents({"recorded_at": {"$gte": since}})


def messages_before(
    db: mongo.Db, since: datetime, before: ObjectId | None, limit: int
) -> list[Delivery]:
    """A page of the deliveries written down since then, the latest first, without their messages;
    before: those older than this one alone. Index: _id."""
    within: dict[str, Any] = {"$gte": ObjectId.from_datetime(since)}
    if before is not None:
        within["$lt"] = before
    rows = mongo.deliveries(db).find({"_id": within}, {"message": 0})
    return list(rows.sort("_id", DESCENDING).limit(limit))


def campaign_messages(db: mongo.Db, since: datetime) -> Iterator[Delivery]:
    """Deliveries of campaigns that were written down since then. Index: _id, which begins with the
    second at which it was made."""
    first, last = ObjectId.from_datetime(since), None
    while True:
        within: dict[str, Any] = {"$gte": first, **({"$lt": last} if last else {})}
        found = mongo.deliveries(db).find({"_id": within, "campaign": {"$ne": None}})
        page = list(found.sort("_id", DESCENDING).limit(_PAGE))
        if not page:
            return
        yield from page
        last = page[-1]["_id"]


@dataclass(frozen=True, slots=True)
class Fired:
    """How often a rule fired, and when last."""

    count: int
    last_at: datetime


def fired(db: mongo.Db, since: datetime, most: int) -> tuple[dict[str, Fired], bool]:
    """{rule: how often it fired since then}, of the last `most` events at most; whether there were
    more. Index: recorded_at_1."""
    rows: Iterable[dict[str, Any]] = db["events"].aggregate(
        [
            {"$match": {"recorded_at": {"$gte": since}}},
            {"$sort": {"recorded_at": DESCENDING}},
            {"$limit": most},
            {"$project": {"rule": "$decision.rules", "recorded_at": 1}},
            {"$unwind": "$rule"},
            {"$group": {"_id": "$rule", "count": {"$sum": 1}, "at": {"$max": "$recorded_at"}}},
        ]
    )
    found = {row["_id"]: Fired(row["count"], row["at"]) for row in rows}
    limited = mongo.events(db).count_documents({"recorded_at": {"$gte": since}}, limit=most + 1)
    return found, limited > most
