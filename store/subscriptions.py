"""Who is told what becomes of messages, read from the journal where it stands already.

Nothing is written for it when a status comes in: a subscription is a place in the journal, in the
order in which rows were handled, and the index that lets them expire finds the next ones.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from store import mongo
from store.documents.inbox import InboxItem, InboxKind
from store.documents.subscription import Subscription, SubscriptionState, Telling

KEPT_DAYS = 14
_LEASE = timedelta(seconds=90)
_ACTIVE = {"state": SubscriptionState.ACTIVE}


def put(db: mongo.Db, name: str, url: str, events: list[str], by: str, now: datetime) -> bool:
    """Make it, or change where it leads and what it tells; whether it is new. Index: _id."""
    made = mongo.subscriptions(db).update_one(
        {"_id": name},
        {
            "$set": {"url": url, "events": events},
            "$setOnInsert": {
                "state": SubscriptionState.ACTIVE,
                "told_until": now,
                "next_at": now,
                "lease_until": None,
                "failures": 0,
                "created_at": now,
                "created_by": by,
            },
        },
        upsert=True,
    )
    return made.upserted_id is not None


def find(db: mongo.Db, name: str) -> Subscription | None:
    """Index: _id."""
    return mongo.subscriptions(db).find_one({"_id": name})


def every(db: mongo.Db) -> list[Subscription]:
    """All of them, by name; a handful. Index: _id."""
    return list(mongo.subscriptions(db).find().sort("_id", 1))


def drop(db: mongo.Db, name: str) -> bool:
    """Tell it nothing more; whether it was there. Index: _id."""
    return mongo.subscriptions(db).delete_one({"_id": name}).deleted_count == 1


def any_due(db: mongo.Db, now: datetime) -> bool:
    """Whether one is to be looked at. Index: next_at_1."""
    due = {**_ACTIVE, "next_at": {"$lte": now}}
    return mongo.subscriptions(db).find_one(due, {"_id": 1}) is not None


def claim(db: mongo.Db, now: datetime) -> Subscription | None:
    """The one that is due longest, leased to the caller. Index: next_at_1."""
    return mongo.subscriptions(db).find_one_and_update(
        {
            **_ACTIVE,
            "next_at": {"$lte": now},
            "$or": [{"lease_until": None}, {"lease_until": {"$lt": now}}],
        },
        {"$set": {"lease_until": now + _LEASE}},
        sort=[("next_at", 1)],
        return_document=ReturnDocument.AFTER,
    )


def change(db: mongo.Db, name: str, fields: Mapping[str, Any]) -> bool:
    """Set these; whether it was there. Index: _id."""
    found = mongo.subscriptions(db).update_one({"_id": name}, {"$set": dict(fields)})
    return found.matched_count == 1


def next_until(db: mongo.Db, since: datetime, before: datetime, most: int) -> datetime | None:
    """Until when to read so that about `most` rows lie between; None where none does.

    All rows of one moment go together, so that a moment is a place. Index: expire (done_at_1).
    """
    rows = mongo.inbox(db).find({"done_at": {"$gt": since, "$lt": before}}, {"done_at": 1})
    times = [row["done_at"] for row in rows.sort("done_at", 1).hint("expire").limit(most)]
    return times[-1] if times else None


def statuses(db: mongo.Db, since: datetime, until: datetime) -> list[InboxItem]:
    """The statuses that were handled after `since` until `until`. Index: expire (done_at_1)."""
    handled = {"done_at": {"$gt": since, "$lte": until}, "kind": InboxKind.STATUS}
    return list(mongo.inbox(db).find(handled).hint("expire"))


def log(db: mongo.Db, telling: Telling) -> None:
    """Keep what became of one post."""
    mongo.tellings(db).insert_one(telling)


def tellings(db: mongo.Db, name: str, limit: int, before: ObjectId | None = None) -> list[Telling]:
    """The latest posts of one, before a given one. Index: subscription_1__id_-1."""
    query: dict[str, object] = {"subscription": name}
    if before is not None:
        query["_id"] = {"$lt": before}
    return list(mongo.tellings(db).find(query).sort("_id", -1).limit(limit))


def telling(db: mongo.Db, name: str, which: ObjectId) -> Telling | None:
    """One post. Index: _id."""
    return mongo.tellings(db).find_one({"_id": which, "subscription": name})
