"""Runs whose audience is being written down as deliveries, from a checkpoint.

A batch of deliveries, the run's counters and the checkpoint are kept together or not at all, so a
launch that was killed goes on where it was, and nobody is in it twice.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from bson import ObjectId
from pymongo import ASCENDING, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError

from store import keys, mongo, turns
from store.documents.campaign import Run, Watch
from store.documents.delivery import OWED, Delivery, DeliveryStatus

# Renewed with each batch; after a crash the launch waits this long.
LEASE = timedelta(seconds=10)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


class LostLeaseError(Exception):
    """Another worker goes on with this launch."""


def claim(db: mongo.Db, now: datetime) -> Run | None:
    """The launch that is due longest, leased to the caller; None where none is.

    Index: launch.due_at_1.
    """
    free = [{"launch.lease": None}, {"launch.lease.until": {"$lt": now}}]
    return mongo.runs(db).find_one_and_update(
        {"launch.due_at": {"$lte": now}, "$or": free},
        {"$set": {"launch.lease": {"token": token_hex(8), "until": now + LEASE}}},
        sort=[("launch.due_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )


def any_due(db: mongo.Db, now: datetime) -> bool:
    """Whether a launch job would find work. Index: launch.due_at_1."""
    return mongo.runs(db).find_one({"launch.due_at": {"$lte": now}}, {"_id": 1}) is not None


def write(
    db: mongo.Db,
    run: Run,
    rows: Sequence[Delivery],
    after: ObjectId,
    now: datetime,
) -> int:
    """Keep a batch of deliveries, count them, and move the checkpoint; all of it or nothing.

    A person who is in the run already (two contacts became one meanwhile) is counted as a
    `duplicate`. Returns how many rows were kept. Raises LostLeaseError. Indexes: _id,
    cause_1_contact_id_1_step_1.
    """
    try:
        _write(db, run, rows, after, now, duplicates=0)
    except BulkWriteError as error:
        mongo.repeated(error)
        known = _already(db, rows)
        fresh = [row for row in rows if row["contact_id"] not in known]
        _write(db, run, fresh, after, now, duplicates=len(rows) - len(fresh))
        return len(fresh)
    return len(rows)


def _write(
    db: mongo.Db,
    run: Run,
    rows: Sequence[Delivery],
    after: ObjectId,
    now: datetime,
    *,
    duplicates: int,
) -> None:
    counted = Counter(f"counters.{row['status']}" for row in rows)
    for row in rows:
        if row["status"] == DeliveryStatus.EXCLUDED:
            counted[f"excluded.{keys.safe(row['reason'] or '')}"] += 1
    if duplicates:
        counted["excluded.duplicate"] += duplicates
    change = {
        "$set": {"launch.after": after, "launch.lease.until": now + LEASE},
        **({"$inc": dict(counted)} if counted else {}),
    }

    def work(session: ClientSession) -> None:
        moved = mongo.runs(db).update_one(_ours(run), change, session=session)
        if moved.matched_count != 1:
            raise LostLeaseError
        if rows:
            mongo.deliveries(db).insert_many(rows, ordered=False, session=session)

    turns.in_turn(db, [run["_id"]], work)


def _already(db: mongo.Db, rows: Sequence[Delivery]) -> set[ObjectId]:
    known = mongo.deliveries(db).find(
        {
            "cause": rows[0]["cause"],
            "contact_id": {"$in": [row["contact_id"] for row in rows]},
            "step": rows[0]["step"],
        },
        {"contact_id": 1},
    )
    return {row["contact_id"] for row in known}


def postpone(db: mongo.Db, run: Run, due_at: datetime) -> None:
    """Give it back, to go on at `due_at`. Safe to repeat."""
    mongo.runs(db).update_one(_ours(run), {"$set": {"launch.lease": None, "launch.due_at": due_at}})


def finish(db: mongo.Db, run: Run, now: datetime) -> None:
    """Everybody is written down. Safe to repeat."""
    mongo.runs(db).update_one(
        _ours(run),
        {"$set": {"launch.lease": None, "launch.due_at": None, "launch.done_at": now}},
    )


def drop(db: mongo.Db, run: Run) -> None:
    """Nobody more is to be written down. Safe to repeat."""
    mongo.runs(db).update_one(_ours(run), {"$set": {"launch.lease": None, "launch.due_at": None}})


def _ours(run: Run) -> dict[str, object]:
    lease = run["launch"]["lease"]
    return {"_id": run["_id"], "launch.lease.token": lease and lease["token"]}


def watch(db: mongo.Db, run: Run, standing: Watch) -> bool:
    """Remember up to where the run was judged; False where another did so meanwhile."""
    since = run.get("watch")
    guard: dict[str, object] = {"watch": since} if since else {"watch": None}
    moved = mongo.runs(db).update_one({"_id": run["_id"], **guard}, {"$set": {"watch": standing}})
    return moved.modified_count == 1


def written_down(db: mongo.Db) -> list[Run]:
    """The runs that are open and have their whole audience. Index: ended_at_1."""
    return list(mongo.runs(db).find({"ended_at": None, "launch.done_at": {"$ne": None}}))


def cancelled_with_waiting(db: mongo.Db) -> list[Run]:
    """The runs that were cancelled and still owe messages. Index: cancelled_at_1."""
    return list(
        mongo.runs(db).find(
            {
                "cancelled_at": {"$gt": _EVER},
                "counters.pending": {"$gt": 0},
            }
        )
    )


def waiting_in(db: mongo.Db, run_id: ObjectId, limit: int) -> list[Delivery]:
    """Deliveries of the run that are pending. Index: waiting_of_run."""
    rows = mongo.deliveries(db).find(
        {"run_id": run_id, "stage": OWED, "status": DeliveryStatus.PENDING}
    )
    return list(rows.limit(limit))


def failed_in(db: mongo.Db, run_id: ObjectId, after: ObjectId | None, limit: int) -> list[Delivery]:
    """The failed deliveries of a run after a checkpoint, in order. Index: run_id_1."""
    query: dict[str, object] = {"run_id": run_id, "status": DeliveryStatus.FAILED}
    if after is not None:
        query["_id"] = {"$gt": after}
    return list(mongo.deliveries(db).find(query).sort("_id", ASCENDING).limit(limit))


def mark_cancelled(db: mongo.Db, run_ids: Iterable[ObjectId], now: datetime) -> None:
    """What still waits in these runs is to be taken back. Safe to repeat."""
    mongo.runs(db).update_many(
        {"_id": {"$in": list(run_ids)}, "cancelled_at": None}, {"$set": {"cancelled_at": now}}
    )
