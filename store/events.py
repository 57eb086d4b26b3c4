"""What the rules saw and decided, one row an event."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bson import ObjectId
from pymongo import DESCENDING, UpdateOne
from pymongo.errors import BulkWriteError

from store import mongo
from store.documents.event import ActionRecord, EventRecord


def keep(db: mongo.Db, records: Sequence[EventRecord]) -> dict[str, EventRecord]:
    """Keep what was decided, but for what was kept before: that is returned, by id, as it stands.

    So an event is decided once, by one version of the rules, however often it is handled.
    Index: _id.
    """
    if not records:
        return {}
    try:
        mongo.events(db).insert_many(records, ordered=False)
    except BulkWriteError as error:
        before = [records[place]["_id"] for place in mongo.repeated(error)]
        return {row["_id"]: row for row in mongo.events(db).find({"_id": {"$in": before}})}
    return {}


def find(db: mongo.Db, event_id: str) -> EventRecord | None:
    """Index: _id."""
    return mongo.events(db).find_one({"_id": event_id})


def acted(db: mongo.Db, actions: Mapping[str, Sequence[ActionRecord]]) -> None:
    """Keep what came of each event's actions. Safe to repeat: the last word stands. Index: _id."""
    if actions:
        mongo.events(db).bulk_write(
            [
                UpdateOne({"_id": event_id}, {"$set": {"actions": list(done)}})
                for event_id, done in actions.items()
            ],
            ordered=False,
        )


def acted_again(db: mongo.Db, event_id: str, place: int, record: ActionRecord) -> None:
    """Keep what came of one action, done again. Safe to repeat. Index: _id."""
    there = {"_id": event_id, f"actions.{place}": {"$exists": True}}
    mongo.events(db).update_one(there, {"$set": {f"actions.{place}": record}})


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
