"""Whom answers were cut for, lately: a row a contact, so that a page need not search deliveries."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from bson import ObjectId
from pymongo import DESCENDING, UpdateOne

from store import mongo
from store.documents.loop import Loop

KEPT_DAYS = 7


def note(db: mongo.Db, contact_ids: Iterable[ObjectId], now: datetime) -> None:
    """An answer to each of these was cut. One write. Index: _id.

    Repeated after a crash it counts once more: what was cut stands with the deliveries.
    """
    mongo.loops(db).bulk_write(
        [
            UpdateOne(
                {"_id": contact_id},
                {
                    "$inc": {"cut": count},
                    "$max": {"last_at": now},
                    "$setOnInsert": {"first_at": now},
                },
                upsert=True,
            )
            for contact_id, count in Counter(contact_ids).items()
        ],
        ordered=False,
    )


def recent(db: mongo.Db, limit: int) -> list[Loop]:
    """Those of the last week, the latest first. Index: expire (last_at)."""
    return list(mongo.loops(db).find().sort("last_at", DESCENDING).limit(limit))


def count(db: mongo.Db, at_most: int) -> int:
    """How many people there are, up to a bound. Index: _id."""
    return mongo.loops(db).count_documents({}, limit=at_most)


def delete_of(db: mongo.Db, contact_id: ObjectId) -> None:
    """Forget a person's. Safe to repeat. Index: _id."""
    mongo.loops(db).delete_one({"_id": contact_id})
