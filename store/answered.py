"""Answers that are kept for a while, by the key that came with the call."""

from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from store import mongo
from store.documents.answered import Answered

KEPT = timedelta(hours=24)
# A call that takes longer died with its process: whoever repeats it may do it.
ABANDONED_AFTER = timedelta(minutes=5)


def begin(db: mongo.Db, key: str, fingerprint: str, now: datetime) -> Answered | None:
    """None where this call is the first of its key, and now holds it; else what is there.

    Of two at once one is the first. Index: _id.
    """
    row: Answered = {
        "_id": key,
        "fingerprint": fingerprint,
        "begun_at": now,
        "status": None,
        "mimetype": "",
        "body": b"",
    }
    rows = mongo.answered(db)
    dead = {"_id": key, "status": None, "begun_at": {"$lt": now - ABANDONED_AFTER}}
    rows.delete_one(dead)
    try:
        rows.insert_one(row)
    except DuplicateKeyError:
        return rows.find_one({"_id": key}) or row
    return None


def keep(db: mongo.Db, key: str, status: int, mimetype: str, body: bytes) -> None:
    """That is what it was answered. Index: _id."""
    kept = {"status": status, "mimetype": mimetype, "body": body}
    mongo.answered(db).update_one({"_id": key}, {"$set": kept})


def forget(db: mongo.Db, key: str) -> None:
    """Nothing came of it: the same key may be used again. Index: _id."""
    mongo.answered(db).delete_one({"_id": key})
