"""Conversations: who wrote to us last, with their last words, and whom an agent answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NotRequired

from bson import ObjectId
from pymongo import DESCENDING

from store import mongo
from store.documents.contact import Contact, HandedOver
from store.documents.delivery import Delivery, DeliveryStatus
from store.documents.event import EventRecord

_EVER = datetime(1970, 1, 1, tzinfo=UTC)  # within the index's own filter, so that it is used
Cursor = tuple[datetime, ObjectId]


class Talk(Contact):
    """A contact who wrote to us. last: their latest message, if it is still kept."""

    last: NotRequired[list[EventRecord]]


def newest(db: mongo.Db, limit: int, before: Cursor | None = None) -> list[Talk]:
    """The people who wrote last, newest first. before: where the page before ended.

    A page costs the same wherever it stands. Index: last_inbound_at.
    """
    wrote: dict[str, Any] = {"last_inbound_at": {"$gt": _EVER}}
    if before is not None:
        wrote["last_inbound_at"]["$lte"] = before[0]
        earlier = [{"last_inbound_at": {"$lt": before[0]}}, {"_id": {"$lt": before[1]}}]
        wrote = {"$and": [wrote, {"$or": earlier}]}
    return _with_last_words(db, wrote, {"last_inbound_at": DESCENDING, "_id": DESCENDING}, limit)


def of_agents(db: mongo.Db, now: datetime, limit: int) -> list[Talk]:
    """Those whom an agent answers now, and not the rules; whose time ends first comes first.

    Index: handed_over.
    """
    return _with_last_words(
        db, {"handed_over.until": {"$gt": now}}, {"handed_over.until": 1}, limit
    )


def _with_last_words(
    db: mongo.Db, query: Mapping[str, Any], order: Mapping[str, int], limit: int
) -> list[Talk]:
    """One command for a page, however many they are. Index besides: events contact_id_1_at_-1."""
    last = {
        "from": mongo.events(db).name,
        "localField": "_id",
        "foreignField": "contact_id",
        "pipeline": [{"$match": {"name": "message"}}, {"$sort": {"at": -1}}, {"$limit": 1}],
        "as": "last",
    }
    pipeline: list[dict[str, Any]] = [
        {"$match": query}, {"$sort": order}, {"$limit": limit}, {"$lookup": last},
    ]  # fmt: skip
    return list(mongo.contacts(db).aggregate(pipeline))  # type: ignore[arg-type]  # as typed above


def hand_over(
    db: mongo.Db, contact_id: ObjectId, handed: HandedOver, now: datetime
) -> Contact | None:
    """An agent answers this person from now on; what stands now, or None where nobody does.

    Safe to repeat. Index: _id.
    """
    return mongo.contacts(db).find_one_and_update(
        {"_id": contact_id},
        {"$set": {"handed_over": handed}, "$max": {"updated_at": now}},
        return_document=True,
    )


def hand_back(db: mongo.Db, contact_id: ObjectId, now: datetime) -> bool:
    """The rules answer again; False where they did already. Safe to repeat. Index: _id."""
    done = mongo.contacts(db).update_one(
        {"_id": contact_id, "handed_over.until": {"$gt": now}},
        {"$unset": {"handed_over": ""}, "$max": {"updated_at": now}},
    )
    return done.modified_count == 1


def said(
    db: mongo.Db, contact_id: ObjectId, limit: int, until: datetime | None = None
) -> list[EventRecord]:
    """What a person wrote, newest first. until: not later than this.

    Index: events contact_id_1_at_-1.
    """
    query: dict[str, Any] = {"contact_id": contact_id, "name": "message"}
    if until is not None:
        query["at"] = {"$lte": until}
    return list(mongo.events(db).find(query).sort("at", DESCENDING).limit(limit))


def ours(
    db: mongo.Db, contact_id: ObjectId, limit: int, until: datetime | None = None
) -> list[Delivery]:
    """What we owe or sent a person, newest first; not what an audience left out.

    until: owed not later than this. Index: deliveries contact_id_1_created_at_-1.
    """
    query: dict[str, Any] = {"contact_id": contact_id, "stage": {"$ne": DeliveryStatus.EXCLUDED}}
    if until is not None:
        query["created_at"] = {"$lte": until}
    return list(mongo.deliveries(db).find(query).sort("created_at", DESCENDING).limit(limit))


def said_at(db: mongo.Db, contact_id: ObjectId, at: datetime) -> list[EventRecord]:
    """What a person wrote at this very moment. Index: events contact_id_1_at_-1."""
    mine = {"contact_id": contact_id, "at": at, "name": "message"}
    return list(mongo.events(db).find(mine))
