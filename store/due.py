"""Deliveries whose time has come: leased to a sender, from the lane they wait in.

What people wait for (an answer, a confirmation) has a lane of its own, so that it never stands
behind a campaign of a million; and each run has one, so that campaigns share what Meta allows, and
one that is paused costs nobody anything.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING
from pymongo.client_session import ClientSession

from store import mongo, turns
from store.documents.campaign import Run
from store.documents.delivery import (
    ERASED,
    OWED,
    Claim,
    Delivery,
    DeliveryStatus,
    Purpose,
)

# Short, since after a crash what was leased waits this long. It guards nothing: two who hold the
# same delivery still meet at the claim, where one wins.
LEASE = timedelta(seconds=10)
# Longer than a POST may take: what is still `sending` then has lost its sender.
SENDING = timedelta(seconds=30)
URGENT = [Purpose.ANSWER, Purpose.REPLY, Purpose.CONFIRMATION, Purpose.TEST]


def runs_that_owe(db: mongo.Db) -> list[Run]:
    """The runs with pending deliveries, due or not, whatever state they are in. Index: owing."""
    return list(mongo.runs(db).find({"counters.pending": {"$gt": 0}}))


def lease_urgent(db: mongo.Db, now: datetime, limit: int) -> list[Delivery]:
    """What people wait for, oldest first, leased to the caller. Index: due_by_purpose."""
    return _lease(db, {"purpose": {"$in": URGENT}}, now, limit)


def lease_of_run(
    db: mongo.Db, run_id: ObjectId | None, now: datetime, limit: int
) -> list[Delivery]:
    """What a run owes, oldest first, leased to the caller. Index: waiting_of_run.

    None: what campaigns owe outside of any run.
    """
    return _lease(db, {"run_id": run_id, "purpose": Purpose.CAMPAIGN}, now, limit)


def _lease(db: mongo.Db, lane: dict[str, Any], now: datetime, limit: int) -> list[Delivery]:
    """Up to `limit` pending deliveries of a lane whose time has come.

    Two callers never hold the same one; a lease that ran out is free again.
    """
    if limit < 1:
        return []
    free = {**lane, **_free(now)}
    collection = mongo.deliveries(mongo.lightly(db))
    due = collection.find(free, {"_id": 1}).sort("due_at", ASCENDING).limit(limit)
    ids = [row["_id"] for row in due]
    if not ids:
        return []
    token = token_hex(8)
    collection.update_many(
        {"_id": {"$in": ids}, **free}, {"$set": {"lease": {"token": token, "until": now + LEASE}}}
    )
    held = collection.find({"_id": {"$in": ids}, "lease.token": token})
    return sorted(held, key=lambda row: (row["due_at"], row["created_at"], row["_id"]))


def any_due(db: mongo.Db, now: datetime, run_ids: Sequence[ObjectId]) -> bool:
    """Whether a sender would find work: urgent, of these runs, or of none.

    Indexes: due_by_purpose, waiting_of_run.
    """
    lanes: list[dict[str, Any]] = [
        {"purpose": {"$in": URGENT}},
        {"run_id": {"$in": [None, *run_ids]}, "purpose": Purpose.CAMPAIGN},
    ]
    found = mongo.deliveries(db).find_one
    return any(found({**lane, **_free(now)}, {"_id": 1}) is not None for lane in lanes)


def claim(db: mongo.Db, held: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Mark, durably, that these are being sent, each with its run's counters; return those that
    were still leased to the caller, as they stand now. Indexes: _id."""
    if not held:
        return []
    token, until = token_hex(8), now + SENDING
    lease = {"token": token, "until": until}
    ids = [delivery["_id"] for delivery in held]
    tokens = {delivery["lease"]["token"] for delivery in held if delivery["lease"]}
    ours = {
        "_id": {"$in": ids},
        "status": DeliveryStatus.PENDING,
        "lease.token": {"$in": list(tokens)},
    }
    change = {
        "$set": {
            "status": DeliveryStatus.SENDING,
            "status_at": now,
            "lease": lease,
            "reason": None,
            "times.sending": now,
        },
        "$inc": {"attempts": 1},
    }

    # What was planned as something else may be marketing by now: Meta reclassified its template.
    before = {delivery["_id"]: delivery for delivery in held}

    def work(session: ClientSession) -> list[Delivery]:
        # First, so that whoever meets another at the run finds out before anything is done.
        _count_begun(db, held, 1, session)
        mongo.deliveries(db).update_many(ours, change, session=session)
        query = {"_id": {"$in": ids}, "lease.token": token}
        # A message changes only where its person is erased, and with it the lease.
        rows = mongo.deliveries(db).find(query, {"message": 0}, session=session)
        claimed: list[Delivery] = [{**before[row["_id"]], **row} for row in rows]
        became = [row for row in claimed if row["category"] != before[row["_id"]]["category"]]
        if became:
            marketing = {"$set": {"category": "marketing"}}
            mongo.deliveries(db).update_many(
                {"_id": {"$in": [row["_id"] for row in became]}}, marketing, session=session
            )
            for row in became:
                row["category"] = "marketing"
        claimed_ids = {row["_id"] for row in claimed}
        lost = [row for row in held if row["_id"] not in claimed_ids]
        _count_begun(db, lost, -1, session)
        if claimed:
            mongo.claims(db).insert_one(
                {"_id": token, "ids": [row["_id"] for row in claimed], "until": until},
                session=session,
            )
        return claimed

    return turns.in_turn(db, {row["run_id"] for row in held}, work)


def _count_begun(db: mongo.Db, rows: Iterable[Delivery], sign: int, session: ClientSession) -> None:
    """Count these as claimed in their runs; with -1, that they were not after all."""
    counted: dict[ObjectId, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row["run_id"] is not None:
            for path, by in _begun(row["step"]).items():
                counted[row["run_id"]][path] += sign * by
    for run_id, moved in sorted(counted.items()):
        mongo.runs(db).update_one({"_id": run_id}, {"$inc": dict(moved)}, session=session)


def _begun(step: int) -> dict[str, int]:
    """What one delivery of this step moves in its run as it is claimed. Pure."""
    moved = {"counters.pending": -1, "counters.sending": 1}
    if step:  # the first step's are what the others leave of the whole
        moved |= {f"tallies.step.{step}.pending": -1, f"tallies.step.{step}.sending": 1}
    return moved


def release(db: mongo.Db, held: Iterable[Delivery], due_at: datetime, reason: str | None) -> None:
    """Give pending deliveries back, to be looked at again at `due_at`. Safe to repeat."""
    by_token: dict[str, list[ObjectId]] = defaultdict(list)
    for delivery in held:
        if delivery["lease"]:
            by_token[delivery["lease"]["token"]].append(delivery["_id"])
    for token, ids in by_token.items():
        mongo.deliveries(mongo.lightly(db)).update_many(
            {"_id": {"$in": ids}, "status": DeliveryStatus.PENDING, "lease.token": token},
            {"$set": {"lease": None, "due_at": due_at, "reason": reason}},
        )


def wake(db: mongo.Db, run_ids: Sequence[ObjectId | None], reason: str, now: datetime) -> None:
    """What these runs owe and was put off for `reason` is due at `now`. Safe to repeat.

    Index: waiting_of_run.
    """
    mongo.deliveries(db).update_many(
        {
            "run_id": {"$in": list(run_ids)},
            "stage": OWED,
            "status": DeliveryStatus.PENDING,
            "due_at": {"$gt": now},
            "reason": reason,
        },
        {"$set": {"due_at": now}},
    )


def over(db: mongo.Db, now: datetime, limit: int) -> list[Claim]:
    """Claims of which nothing can be under way any more. Index: claims.until_1."""
    return list(mongo.claims(db).find({"until": {"$lt": now}}).limit(limit))


def adrift(db: mongo.Db, claims: Sequence[Claim]) -> list[Delivery]:
    """Of what these claimed, what is still being sent: its sender died between claiming and
    recording. Index: _id."""
    ids = [one for claim in claims for one in claim["ids"]]
    tokens = [claim["_id"] for claim in claims]
    return list(
        mongo.deliveries(db).find(
            {
                "_id": {"$in": ids},
                "status": DeliveryStatus.SENDING,
                "lease.token": {"$in": [*tokens, ERASED]},
            }
        )
    )


def forget(db: mongo.Db, claims: Iterable[Claim]) -> None:
    """Nothing of these is in doubt without being known to be. Safe to repeat. Index: _id."""
    mongo.claims(mongo.lightly(db)).delete_many({"_id": {"$in": [one["_id"] for one in claims]}})


def _free(now: datetime) -> dict[str, Any]:
    return {
        "stage": OWED,
        "status": DeliveryStatus.PENDING,
        "due_at": {"$lte": now},
        "$or": [{"lease": None}, {"lease.until": {"$lt": now}}],
    }
