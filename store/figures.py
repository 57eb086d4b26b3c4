"""What reports read of many deliveries at once: counted, streamed, or looked at in one snapshot."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

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
