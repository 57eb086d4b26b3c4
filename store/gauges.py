"""What MongoDB stands at, read at each scrape: by an index, and counted no further than a bound."""

import time
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING

from store import mongo
from store.documents.delivery import OWED, DeliveryStatus, Purpose
from store.documents.inbox import InboxState
from store.inbox import SHARDS

AT_MOST = 1_000  # beyond that "more than enough to look into" is all that a number says
_FRESH_S = 60.0
_known: dict[str, tuple[float, dict[str, "Size"]]] = {}  # of the one database of a process
COLLECTIONS = ("contacts", "deliveries", "events", "inbox")


@dataclass(frozen=True, slots=True)
class Size:
    """rows: as the storage engine counts them. bytes: on the disk, with indexes."""

    rows: int
    bytes: int


def oldest_by_shard(db: mongo.Db) -> dict[int, datetime]:
    """{shard: when the row that waits longest in it was received}; shards where none waits are
    left out. One look at the index for each shard, in one command. Index: waiting_by_arrival."""
    of_shard = [
        {"$match": {"state": InboxState.NEW}},
        {"$sort": {"received_at": ASCENDING}},
        {"$limit": 1},
        {"$project": {"received_at": 1}},
    ]
    look_up = {
        "from": "inbox",
        "localField": "shard",
        "foreignField": "shard",
        "pipeline": of_shard,
        "as": "rows",
    }
    shards = [{"shard": shard} for shard in range(SHARDS)]
    found = db.aggregate([{"$documents": shards}, {"$lookup": look_up}])
    return {one["shard"]: one["rows"][0]["received_at"] for one in found if one["rows"]}


def deliveries_due(db: mongo.Db, now: datetime) -> int:
    """Deliveries that are due and wait for a sender, up to AT_MOST. Index: due_by_purpose."""
    due = {
        "purpose": {"$in": list(Purpose)},
        "stage": OWED,
        "status": DeliveryStatus.PENDING,
        "due_at": {"$lte": now},
    }
    return mongo.deliveries(db).count_documents(due, limit=AT_MOST, hint="due_by_purpose")


def deliveries_unknown(db: mongo.Db) -> int:
    """Deliveries of which nobody knows whether Meta has them, up to AT_MOST. Index: unknown."""
    unknown = {"stage": DeliveryStatus.UNKNOWN}
    return mongo.deliveries(db).count_documents(unknown, limit=AT_MOST, hint="unknown")


def fires_due(db: mongo.Db, now: datetime) -> int:
    """Fires that are due, up to AT_MOST. Index: due_at_1."""
    return mongo.fires(db).count_documents({"due_at": {"$lte": now}}, limit=AT_MOST)


def sizes(db: mongo.Db) -> dict[str, Size]:
    """{collection: its size}, from the storage engine's own books: nothing is counted.

    Up to a minute old: opening the books of every index is the dearest part of a scrape.
    """
    then, found = _known.get(db.name, (-_FRESH_S, {}))
    if time.monotonic() - then >= _FRESH_S:
        found = {name: _size(db, name) for name in COLLECTIONS}
        _known[db.name] = time.monotonic(), found
    return found


def _size(db: mongo.Db, name: str) -> Size:
    wanted = ("count", "storageSize", "totalIndexSize")
    kept = {f"storageStats.{key}": 1 for key in wanted}
    (stats,) = db[name].aggregate([{"$collStats": {"storageStats": {}}}, {"$project": kept}])
    told = stats["storageStats"]
    return Size(told["count"], told["storageSize"] + told["totalIndexSize"])
