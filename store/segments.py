"""Segments that somebody described; who is in a static one stands with the contacts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bson import ObjectId

from store import mongo
from store.documents.segment import Segment, SegmentKind


def put(
    db: mongo.Db, name: str, kind: SegmentKind, where: dict[str, Any] | None, now: datetime
) -> Segment:
    """Describe a segment, new or known; what stands now. Safe to repeat. Index: _id."""
    standing = find(db, name)
    segment: Segment = {
        "_id": name,
        "kind": kind,
        "where": where,
        "created_at": standing["created_at"] if standing else now,
        "updated_at": now,
    }
    if standing and standing["kind"] == kind and standing["where"] == where:
        return standing
    mongo.segments(db).replace_one({"_id": name}, segment, upsert=True)
    return segment


def find(db: mongo.Db, name: str) -> Segment | None:
    """Index: _id."""
    return mongo.segments(db).find_one({"_id": name})


def every(db: mongo.Db) -> list[Segment]:
    """All that were described, by name. Index: _id."""
    return list(mongo.segments(db).find().sort("_id", 1))


def live_among(db: mongo.Db, names: Iterable[str]) -> list[str]:
    """Those of `names` that are live, and so take no members. Index: _id."""
    asked = {"_id": {"$in": sorted(set(names))}, "kind": SegmentKind.LIVE}
    return sorted(row["_id"] for row in mongo.segments(db).find(asked, {"_id": 1}))


def has_members(db: mongo.Db, name: str) -> bool:
    """Whether anybody carries its name. Index: segments_1__id_1."""
    return mongo.contacts(db).find_one({"segments": name}, {"_id": 1}) is not None


def some_members(db: mongo.Db, name: str, limit: int) -> list[ObjectId]:
    """A few who carry its name. Index: segments_1__id_1."""
    rows = mongo.contacts(db).find({"segments": name}, {"_id": 1}).limit(limit)
    return [row["_id"] for row in rows]


def drop(db: mongo.Db, name: str) -> bool:
    """Forget what was described; whether anything was. Safe to repeat. Index: _id."""
    return mongo.segments(db).delete_one({"_id": name}).deleted_count == 1


def named(db: mongo.Db) -> list[str]:
    """Every segment that a contact carries. Index: segments_1__id_1, which alone is read."""
    return sorted(name for name in mongo.contacts(db).distinct("segments") if name)


def add_members(
    db: mongo.Db,
    name: str,
    ids: Iterable[ObjectId],
    now: datetime,
    told: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """Put contacts in a static segment; how many were not in it. Safe to repeat. Index: _id.

    told: MongoDB's change that is made with it, of each of those.
    """
    done = mongo.contacts(db).update_many(
        {"_id": {"$in": list(ids)}, "segments": {"$ne": name}},
        {"$addToSet": {"segments": name}, "$max": {"updated_at": now}, **told},
    )
    return done.modified_count


def remove_members(
    db: mongo.Db,
    name: str,
    ids: Iterable[ObjectId],
    now: datetime,
    told: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """Take contacts out of a static segment; how many were in it. Safe to repeat. Index: _id.

    told: MongoDB's change that is made with it, of each of those.
    """
    done = mongo.contacts(db).update_many(
        {"_id": {"$in": list(ids)}, "segments": name},
        {"$pull": {"segments": name}, "$max": {"updated_at": now}, **told},
    )
    return done.modified_count
