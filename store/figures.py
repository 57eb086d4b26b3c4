"""What reports read of many deliveries at once: counted, streamed, or looked at in one snapshot."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pymongo
from bson import ObjectId
from pymongo import ASCENDING, DESCENDING

from store import mongo
from store.documents.campaign import Run
from store.documents.delivery import Delivery

_PATIENCE_S = 600.0


def unhurried() -> AbstractContextManager[None]:
    """Within it one operation may take ten minutes: counting millions of rows takes its time."""
    return pymongo.timeout(_PATIENCE_S)


def runs_of_all(db: mongo.Db, campaigns: Sequence[str]) -> Iterator[Run]:
    """Every run of these campaigns. Index: campaign_1_number_-1."""
    yield from mongo.runs(db).find({"campaign": {"$in": list(campaigns)}})


def run_ids(db: mongo.Db) -> Iterator[ObjectId]:
    """Every run there is. Index: _id."""
    for row in mongo.runs(db).find({}, {"_id": 1}).sort("_id", ASCENDING):
        yield row["_id"]


def latest(db: mongo.Db, runs: Sequence[ObjectId], limit: int) -> list[Delivery]:
    """The deliveries of these runs made last, newest first. Index: run_id_1."""
    rows = mongo.deliveries(db).find({"run_id": {"$in": list(runs)}})
    return list(rows.sort("_id", DESCENDING).limit(limit))


LOOKED_AT = 20_000


def behind(
    db: mongo.Db, run_id: ObjectId, wanted: dict[str, Any], after: ObjectId | None, limit: int
) -> tuple[list[Delivery], ObjectId | None]:
    """Deliveries of a run that are as `wanted`, in order; and where to go on, None at the end.

    It looks at LOOKED_AT of them at most, so that what is rare opens as fast. Index: run_id_1.
    """
    mine: dict[str, Any] = {"run_id": run_id}
    if after is not None:
        mine["_id"] = {"$gt": after}
    stages: list[dict[str, Any]] = [
        {"$match": mine}, {"$sort": {"_id": 1}}, {"$limit": LOOKED_AT}, {"$match": wanted},
        {"$limit": limit},
    ]  # fmt: skip
    found: list[Any] = list(db.deliveries.aggregate(stages))
    if len(found) == limit:
        return found, found[-1]["_id"]
    last = mongo.deliveries(db).find(mine, {"_id": 1}).sort("_id", ASCENDING)
    edge = next(iter(last.skip(LOOKED_AT - 1).limit(1)), None)
    return found, edge["_id"] if edge else None


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
