"""What campaigns and rules want to be told of contacts; a few rows, read whole."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne

from store import mongo
from store.documents.watch import Watch, WatchKind


def every(db: mongo.Db) -> list[Watch]:
    """All of them. Index: none is needed, they are few."""
    return list(mongo.watches(db).find())


def add(db: mongo.Db, wanted: Iterable[tuple[WatchKind, str]]) -> None:
    """Watch these too; what is watched already stays as it is. Safe to repeat. Index: _id."""
    writes = [UpdateOne({"_id": one["_id"]}, {"$setOnInsert": one}, upsert=True)
              for one in map(_new, wanted)]  # fmt: skip
    if writes:
        mongo.watches(db).bulk_write(writes, ordered=False)


def _new(wanted: tuple[WatchKind, str]) -> Watch:
    kind, name = wanted
    return {
        "_id": f"{kind}:{name}",
        "kind": kind,
        "name": name,
        "filter": None,
        "ready": kind is not WatchKind.LIVE,
        "after": None,
        "swept_at": None,
    }


def drop(db: mongo.Db, ids: Iterable[str]) -> None:
    """Nobody watches these any more. Safe to repeat. Index: _id."""
    mongo.watches(db).delete_many({"_id": {"$in": list(ids)}})


def begin_anew(db: mongo.Db, watch_id: str, filter_: str) -> None:
    """The segment asks something else now: who is in it is looked up first. Index: _id."""
    fields = {"filter": filter_, "ready": False, "after": None, "swept_at": None}
    mongo.watches(db).update_one({"_id": watch_id}, {"$set": fields})


def went(db: mongo.Db, watch: Watch, after: ObjectId | None, now: datetime | None) -> None:
    """How far the present pass over a live segment is. now: it is at its end.

    Only where nobody began anew meanwhile. Index: _id.
    """
    fields: dict[str, Any] = {"after": after}
    if now is not None:
        fields |= {"ready": True, "swept_at": now}
    mongo.watches(db).update_one(
        {"_id": watch["_id"], "filter": watch["filter"], "ready": watch["ready"]}, {"$set": fields}
    )
