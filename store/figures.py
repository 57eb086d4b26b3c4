"""What reports read of many deliveries at once: counted, streamed, or looked at in one snapshot."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pymongo
from bson import ObjectId
from pymongo import ASCENDING, DESCENDING
from pymongo.client_session import ClientSession

from store import mongo
from store.documents.campaign import Run
from store.documents.delivery import Delivery, DeliveryStatus

_AT_META = (
    DeliveryStatus.ACCEPTED,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
    DeliveryStatus.PLAYED,
)


_PATIENCE_S = 600.0


def unhurried() -> AbstractContextManager[None]:
    """Within it one operation may take ten minutes: counting millions of rows takes its time."""
    return pymongo.timeout(_PATIENCE_S)


@dataclass(slots=True)
class Recount:
    """One run and its deliveries, counted one by one at the same instant.

    skipped: by reason. failed: by Meta's code, None where there is none. broken: {what is wrong:
    deliveries}.
    """

    run: Run
    by_status: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    failed: dict[int | None, int] = field(default_factory=dict)
    replied: int = 0
    clicked: int = 0
    broken: dict[str, int] = field(default_factory=dict)


def runs_of_all(db: mongo.Db, campaigns: Sequence[str]) -> Iterator[Run]:
    """Every run of these campaigns. Index: campaign_1_number_-1."""
    yield from mongo.runs(db).find({"campaign": {"$in": list(campaigns)}})


def run_ids(db: mongo.Db) -> Iterator[ObjectId]:
    """Every run there is. Index: _id."""
    for row in mongo.runs(db).find({}, {"_id": 1}).sort("_id", ASCENDING):
        yield row["_id"]


def by_step(db: mongo.Db, runs: Sequence[ObjectId]) -> list[tuple[int, str, int]]:
    """(step, status, deliveries standing there), by step. Index: run_id_1."""
    rows = db.deliveries.aggregate(
        [
            {"$match": {"run_id": {"$in": list(runs)}}},
            {"$group": {"_id": {"step": "$step", "status": "$status"}, "count": {"$sum": 1}}},
            {"$sort": {"_id.step": 1}},
        ]
    )
    return [(row["_id"]["step"], row["_id"]["status"], row["count"]) for row in rows]


def replies(
    db: mongo.Db, runs: Sequence[ObjectId], bucket: dict[str, Any], timezone: str
) -> list[tuple[datetime, int]]:
    """(start of the bucket, deliveries answered in it). Index: run_id_1.

    bucket: as `$dateTrunc` takes it.
    """
    rows = db.deliveries.aggregate(
        [
            {"$match": {"run_id": {"$in": list(runs)}, "reply.at": {"$ne": None}}},
            {
                "$group": {
                    "_id": {"$dateTrunc": {"date": "$reply.at", "timezone": timezone, **bucket}},
                    "count": {"$sum": 1},
                }
            },
            {"$sort": {"_id": 1}},
        ]
    )
    return [(row["_id"], row["count"]) for row in rows]


def latest(db: mongo.Db, runs: Sequence[ObjectId], limit: int) -> list[Delivery]:
    """The deliveries of these runs made last, newest first. Index: run_id_1."""
    rows = mongo.deliveries(db).find({"run_id": {"$in": list(runs)}})
    return list(rows.sort("_id", DESCENDING).limit(limit))


def recount(db: mongo.Db, run_id: ObjectId) -> Recount | None:
    """Count a run anew, in one snapshot, so that sending meanwhile makes no false difference.

    None where the run is gone. Index: run_id_1.
    """
    with db.client.start_session(snapshot=True) as session:
        run = mongo.runs(db).find_one({"_id": run_id}, session=session)
        if run is None:
            return None
        result = Recount(run)
        for row in db.deliveries.aggregate(_count_stages(run_id), session=session):
            status = row["_id"]["status"]
            result.by_status[status] = result.by_status.get(status, 0) + row["count"]
            result.replied += row["replied"]
            result.clicked += row["clicked"]
            if status == DeliveryStatus.SKIPPED and row["_id"]["why"] is not None:
                result.skipped[row["_id"]["why"]] = row["count"]
            if status == DeliveryStatus.FAILED:
                result.failed[row["_id"]["why"]] = row["count"]
        result.broken = {
            name: count
            for name, query in _IMPOSSIBLE.items()
            if (count := _how_many(db, {"run_id": run_id, **query}, session))
        }
        return result


def _how_many(db: mongo.Db, query: dict[str, Any], session: ClientSession) -> int:
    return mongo.deliveries(db).count_documents(query, session=session)


def _count_stages(run_id: ObjectId) -> list[dict[str, Any]]:
    why = {
        "$switch": {
            "branches": [
                {"case": {"$eq": ["$status", DeliveryStatus.SKIPPED]}, "then": "$reason"},
                {"case": {"$eq": ["$status", DeliveryStatus.FAILED]}, "then": "$error.code"},
            ],
            "default": None,
        }
    }
    return [
        {"$match": {"run_id": run_id}},
        {
            "$group": {
                "_id": {"status": "$status", "why": {"$ifNull": [why, None]}},
                "count": {"$sum": 1},
                "replied": {"$sum": {"$cond": [{"$gt": ["$reply.at", None]}, 1, 0]}},
                "clicked": {
                    "$sum": {"$cond": [{"$gt": [{"$size": {"$ifNull": ["$clicks", []]}}, 0]}, 1, 0]}
                },
            }
        },
    ]


# A wamid carries the phone number, so erasing a person takes it out; those rows are told by their
# cause.
_NOT_ERASED = {"cause": {"$not": {"$regex": "^erased:"}}}
_IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "at Meta without a wamid": {"status": {"$in": _AT_META}, "wamid": None, **_NOT_ERASED},
    "being sent by nobody": {"status": DeliveryStatus.SENDING, "lease": None},
    "skipped without a reason": {"status": DeliveryStatus.SKIPPED, "reason": None},
    "failed without an error": {"status": DeliveryStatus.FAILED, "error": None},
}


def strays(db: mongo.Db) -> int:
    """Deliveries whose run does not exist. Index: run_id_1, and one look-up a run."""
    rows = db.deliveries.aggregate(
        [
            {"$match": {"run_id": {"$ne": None}}},
            {"$group": {"_id": "$run_id", "count": {"$sum": 1}}},
            {"$lookup": {"from": "runs", "localField": "_id", "foreignField": "_id", "as": "run"}},
            {"$match": {"run": []}},
            {"$group": {"_id": None, "count": {"$sum": "$count"}}},
        ]
    )
    return sum(row["count"] for row in rows)
