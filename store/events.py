"""What the rules saw and decided, one row an event."""

from collections.abc import Iterable
from datetime import datetime

from bson import ObjectId
from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from store import mongo
from store.documents.event import ActionRecord, EventRecord


def keep(db: mongo.Db, record: EventRecord) -> EventRecord:
    """Keep what was decided, unless it was kept before; return the row that stands.

    So an event is decided once, by one version of the rules, however often it is handled.
    """
    try:
        mongo.events(db).insert_one(record)
    except DuplicateKeyError:
        standing = mongo.events(db).find_one({"_id": record["_id"]})
        return standing or record
    return record


def find(db: mongo.Db, event_id: str) -> EventRecord | None:
    """Index: _id."""
    return mongo.events(db).find_one({"_id": event_id})


def acted(db: mongo.Db, event_id: str, actions: Iterable[ActionRecord]) -> None:
    """Keep what came of the actions. Safe to repeat: the last word stands."""
    mongo.events(db).update_one({"_id": event_id}, {"$set": {"actions": list(actions)}})


def of_contact(
    db: mongo.Db, contact_id: ObjectId, limit: int, before: datetime | None = None
) -> list[EventRecord]:
    """One person's events, newest first. Index: contact_id_1_at_-1."""
    query: dict[str, object] = {"contact_id": contact_id}
    if before:
        query["at"] = {"$lt": before}
    return list(mongo.events(db).find(query).sort("at", DESCENDING).limit(limit))


def delete_of(db: mongo.Db, contact_id: ObjectId) -> int:
    """Forget a person's events; say how many. Safe to repeat."""
    return mongo.events(db).delete_many({"contact_id": contact_id}).deleted_count
