"""Forget what people wrote sooner than that they wrote: texts and payloads go, the rows stay.

Only where TEXTS_DAYS asks for it; without it texts go when their rows do. Each pass is bounded and
finds its rows by an index, so that it can run beside everything else.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from store import mongo
from store.documents.inbox import InboxState

FORGOTTEN = ""  # a payload that is not kept any more; none that came was empty


def forget(db: mongo.Db, before: datetime, limit: int) -> int:
    """Forget what was written before then, at most `limit` texts of each kind; say how many.

    Safe to repeat; where as many as `limit` went, there may be more.
    """
    return (
        _of_journal(db, before, limit)
        + _of_dead_letters(db, before, limit)
        + _of_events(db, before, limit)
        + _of_replies(db, before, limit)
    )


def _of_journal(db: mongo.Db, before: datetime, limit: int) -> int:
    """What is handled, by when it was. Index: expire."""
    rows = (
        mongo.inbox(db)
        .find(
            {
                "done_at": {"$gte": _mark(db, "inbox"), "$lt": before},
                "payload": {"$gt": FORGOTTEN},
            },
            {"done_at": 1},
        )
        .sort("done_at", ASCENDING)
        .hint("expire")
        .limit(limit)
    )
    found = list(rows)
    # A status that was parked may be in line again by now, and then its words are needed.
    still = {"state": {"$in": [InboxState.DONE, InboxState.PARKED]}}
    _blank(db, (row["_id"] for row in found), still)
    if found:
        _set_mark(db, "inbox", found[-1]["done_at"])
    return len(found)


def _of_dead_letters(db: mongo.Db, before: datetime, limit: int) -> int:
    """What was set aside, by when it came. Index: dead_texts."""
    dead: dict[str, Any] = {"state": InboxState.DEAD, "payload": {"$gt": FORGOTTEN}}
    rows = mongo.inbox(db).find({**dead, "received_at": {"$lt": before}}, {"_id": 1})
    ids = [row["_id"] for row in rows.hint("dead_texts").limit(limit)]
    _blank(db, ids, {"state": InboxState.DEAD})
    return len(ids)


def _blank(db: mongo.Db, ids: Iterable[str], still: dict[str, Any]) -> None:
    mongo.inbox(db).update_many(
        {"_id": {"$in": list(ids)}, **still},
        {"$set": {"payload": FORGOTTEN}, "$unset": {"raw": ""}},
    )


def _of_events(db: mongo.Db, before: datetime, limit: int) -> int:
    """What the rules saw. Index: recorded_at_1."""
    since = {"recorded_at": {"$gte": _mark(db, "events"), "$lt": before}}
    said = {"$or": [{"text": {"$ne": None}}, {"properties": {"$ne": {}}}]}
    rows = mongo.events(db).find({**since, **said}, {"recorded_at": 1})
    found = list(rows.sort("recorded_at", ASCENDING).hint("recorded_at_1").limit(limit))
    if found:
        mongo.events(db).update_many(
            {"_id": {"$in": [row["_id"] for row in found]}},
            {"$set": {"text": None, "properties": {}}},
        )
        _set_mark(db, "events", found[-1]["recorded_at"])
    return len(found)


def _of_replies(db: mongo.Db, before: datetime, limit: int) -> int:
    """What was answered to a delivery. Index: reply_texts."""
    said = {"reply.text": {"$gt": ""}, "reply.at": {"$lt": before}}
    rows = mongo.deliveries(db).find(said, {"_id": 1}).hint("reply_texts").limit(limit)
    ids = [row["_id"] for row in rows]
    mongo.deliveries(db).update_many({"_id": {"$in": ids}}, {"$set": {"reply.text": None}})
    return len(ids)


# How far a collection is done, so that no pass reads again what earlier ones have blanked. Whatever
# comes later is later by the clock too.


def _mark(db: mongo.Db, name: str) -> datetime:
    """Index: _id."""
    row = db.text_marks.find_one({"_id": name})
    return row["at"] if row else datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _set_mark(db: mongo.Db, name: str, at: datetime) -> None:
    db.text_marks.update_one({"_id": name}, {"$max": {"at": at}}, upsert=True)
