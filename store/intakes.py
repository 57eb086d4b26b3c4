"""Drips that enrol a segment: the runs whose people are being taken in, from a checkpoint."""

from datetime import datetime, timedelta
from secrets import token_hex

from pymongo import ASCENDING, ReturnDocument

from store import mongo
from store.documents.campaign import Run

# Renewed with each batch; after a crash the rest of the segment waits this long.
LEASE = timedelta(seconds=10)


def claim(db: mongo.Db, now: datetime) -> Run | None:
    """The one that is due longest, leased to the caller; None where none is.

    Index: intake.due_at_1.
    """
    free = [{"intake.lease": None}, {"intake.lease.until": {"$lt": now}}]
    return mongo.runs(db).find_one_and_update(
        {"intake.due_at": {"$lte": now}, "$or": free},
        {"$set": {"intake.lease": {"token": token_hex(8), "until": now + LEASE}}},
        sort=[("intake.due_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )


def any_due(db: mongo.Db, now: datetime) -> bool:
    """Whether somebody is to be taken in. Index: intake.due_at_1."""
    return mongo.runs(db).find_one({"intake.due_at": {"$lte": now}}, {"_id": 1}) is not None


def leave(db: mongo.Db, run: Run, due_at: datetime | None) -> None:
    """Give it back, to go on at `due_at`; None: nobody more is taken in. Safe to repeat."""
    lease = run["intake"]["lease"]
    mongo.runs(db).update_one(
        {"_id": run["_id"], "intake.lease.token": lease and lease["token"]},
        {"$set": {"intake.lease": None, "intake.due_at": due_at}},
    )
