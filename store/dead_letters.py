"""Journaled items that could not be handled, set aside for a person to look at and decide."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymongo import DESCENDING, ReturnDocument

from store import mongo, texts
from store.documents.inbox import InboxItem, InboxKind, InboxState

_SHOWN = {"payload": False, "raw": False}
_BATCH = 500
_NOTES = 10  # who put it back; the last of them are enough
_DEAD = {"state": InboxState.DEAD}
_READABLE = {
    **_DEAD,
    "kind": {"$ne": InboxKind.UNREADABLE},
    "payload": {"$ne": texts.FORGOTTEN},
}


def latest(db: mongo.Db, limit: int) -> list[InboxItem]:
    """The ones received last, newest first, without what they say. Index: dead."""
    rows = mongo.inbox(db).find(_DEAD, _SHOWN)
    return list(rows.sort("received_at", DESCENDING).limit(limit))


def count(db: mongo.Db, at_most: int) -> int:
    """How many there are, counted no further than `at_most`. Index: dead."""
    return mongo.inbox(db).count_documents(_DEAD, limit=at_most, hint="dead")


def ids(db: mongo.Db) -> Iterator[str]:
    """The ids of all, newest first, streamed. Index: dead."""
    for row in mongo.inbox(db).find(_DEAD, {"_id": 1}).sort("received_at", DESCENDING):
        yield row["_id"]


def find(db: mongo.Db, item_id: str) -> InboxItem | None:
    """One with everything that is kept of it; None where it is not dead. Index: _id."""
    return mongo.inbox(db).find_one({"_id": item_id, **_DEAD})


def put_back(db: mongo.Db, item_id: str, by: str, now: datetime) -> int | None:
    """Put one that can be read back in its shard's line, with a note of who did, when, and what
    the reason was; its shard. None where it is not dead, or cannot be read. Index: _id."""
    row = mongo.inbox(db).find_one_and_update(
        {"_id": item_id, **_READABLE},
        _back_in_line(by, now),
        projection={"shard": 1},
        return_document=ReturnDocument.AFTER,
    )
    return row["shard"] if row else None


def put_back_all(db: mongo.Db, by: str, now: datetime) -> tuple[int, set[int]]:
    """The same for all that are dead now and can be read: (how many, their shards).

    In bounded batches; what dies again meanwhile is not put back a second time. Index: dead.
    """
    moved, shards = 0, set()
    for item_ids in _in_batches(ids(db)):
        batch = {"_id": {"$in": item_ids}, **_READABLE}
        shards |= {row["shard"] for row in mongo.inbox(db).find(batch, {"shard": 1})}
        moved += mongo.inbox(db).update_many(batch, _back_in_line(by, now)).modified_count
    return moved, shards


def drop(db: mongo.Db, item_id: str, by: str, now: datetime) -> bool:
    """Give one up: what it says is forgotten now, and the row goes with the journal.

    Until then it is known by its id, so that Meta's repeat of it is not taken for news. False where
    it is not dead. Index: _id.
    """
    dropped = {"state": InboxState.DONE, "done_at": now, "payload": "{}", "dropped_by": by}
    changed = mongo.inbox(db).update_one(
        {"_id": item_id, **_DEAD}, {"$set": dropped, "$unset": {"raw": ""}}
    )
    return changed.modified_count == 1


def _back_in_line(by: str, now: datetime) -> list[dict[str, Any]]:
    note = {"at": now, "by": {"$literal": by}, "reason": {"$ifNull": ["$reason", ""]}}
    earlier = {"$ifNull": ["$put_back", []]}
    notes = {"$slice": [{"$concatArrays": [earlier, [note]]}, -_NOTES]}
    return [
        {"$set": {"put_back": notes, "state": InboxState.NEW, "tries": 0}},
        {"$unset": "reason"},
    ]


def _in_batches(item_ids: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for item_id in item_ids:
        batch.append(item_id)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
