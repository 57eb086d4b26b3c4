"""Imports, how far each is, and the rows it could not use, for some weeks."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import BulkWriteError

from store import mongo
from store.documents.imported import Import, ImportState, RejectedRow

KEPT_DAYS = 14  # rejected rows
IMPORTS_KEPT_DAYS = 180
_LEASE = timedelta(seconds=20)  # a batch takes a second or two


def begin(db: mongo.Db, one: Import) -> None:
    """Keep that an import has begun."""
    mongo.imports(db).insert_one(one)


def progress(db: mongo.Db, one: Import, fields: dict[str, Any], now: datetime) -> bool:
    """How far it is. May be lost: the next batch says it again. False where another worker has it.

    Index: _id.
    """
    held = {"due_at": now + _LEASE, "tries": 0} if "token" in one else {}
    moved = mongo.imports(mongo.lightly(db)).update_one(_ours(one), {"$set": {**fields, **held}})
    return moved.matched_count == 1


def claim(db: mongo.Db, now: datetime) -> Import | None:
    """The file that waits longest to be brought in, or whose worker has not been heard of.

    Of two who ask one gets it. Index: waiting.
    """
    return mongo.imports(db).find_one_and_update(
        {"state": ImportState.RUNNING, "due_at": {"$lte": now}},
        {
            "$set": {"due_at": now + _LEASE, "token": secrets.token_hex(8), "touched_at": now},
            "$inc": {"tries": 1},
        },
        sort=[("due_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )


def give_back(db: mongo.Db, one: Import, now: datetime) -> None:
    """Another may go on with it at once. Safe to repeat."""
    mongo.imports(db).update_one(_ours(one), {"$set": {"due_at": now, "tries": 0}})


def any_due(db: mongo.Db, now: datetime) -> bool:
    """Whether a file waits to be brought in. Index: waiting."""
    due = {"state": ImportState.RUNNING, "due_at": {"$lte": now}}
    return mongo.imports(db).find_one(due, {"_id": 1}) is not None


def _ours(one: Import) -> dict[str, Any]:
    return {"_id": one["_id"], **({"token": one["token"]} if "token" in one else {})}


def end(db: mongo.Db, import_id: str, fields: dict[str, Any]) -> None:
    """What came of it. Safe to repeat. Index: _id."""
    mongo.imports(db).update_one({"_id": import_id}, {"$set": {**fields, "due_at": None}})


def find(db: mongo.Db, import_id: str) -> Import | None:
    """Index: _id."""
    return mongo.imports(db).find_one({"_id": import_id})


def latest(db: mongo.Db, limit: int) -> list[Import]:
    """The imports that began last. Index: started_at_-1."""
    return list(mongo.imports(db).find().sort("started_at", -1).limit(limit))


def reject(db: mongo.Db, rows: Sequence[RejectedRow]) -> None:
    """Keep rows that could not be used. Safe to repeat: each line once."""
    try:
        if rows:
            mongo.import_rejections(db).insert_many(rows, ordered=False)
    except BulkWriteError as error:
        mongo.repeated(error)


def rejected(db: mongo.Db, import_id: str) -> Iterator[RejectedRow]:
    """An import's rejected rows by line, streamed. Index: import_id_1_line_1."""
    yield from mongo.import_rejections(db).find({"import_id": import_id}).sort("line", 1)
