"""The journal of what Meta told us: kept before it is acknowledged, handled by shard, in order."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import BulkWriteError

from config import metrics
from store import mongo
from store.documents.inbox import InboxItem, InboxKind, InboxState

SHARDS = 64
_IN_ORDER = [("at", ASCENDING), ("received_at", ASCENDING), ("_id", ASCENDING)]
# What waits for an answer, or decides what others may get, goes before what is only counted.
SAID = [kind.value for kind in InboxKind if kind not in (InboxKind.STATUS, InboxKind.UNREADABLE)]


def journal(db: mongo.Db, items: Sequence[InboxItem]) -> int:
    """Keep `items`; say how many were new. Safe to repeat: an item's id is its identity.

    One write for all of them, acknowledged once it is on the disk of the majority. Raises
    StoreError where any item may not have been kept.
    """
    if not items:
        return 0
    begun, repeated = time.perf_counter(), []
    try:
        mongo.inbox(db).insert_many(items, ordered=False)
    except BulkWriteError as error:
        repeated = [items[place]["kind"] for place in mongo.repeated(error)]
    seconds = time.perf_counter() - begun
    metrics.journaled([item["kind"] for item in items], repeated, seconds)
    return len(items) - len(repeated)


def payload_of(db: mongo.Db, item_id: str) -> str | None:
    """What the journal holds of one item; None where it is gone, and empty where only its text
    is. Index: _id."""
    row = mongo.inbox(db).find_one({"_id": item_id}, {"payload": 1})
    return row["payload"] if row else None


def said_next(db: mongo.Db, shard: int, limit: int, besides: Sequence[str] = ()) -> list[InboxItem]:
    """The shard's waiting items that are no statuses, oldest first by Meta's clock, then by
    arrival.

    Index: waiting_by_kind.
    """
    return _waiting(db, {"shard": shard, "kind": {"$in": SAID}}, limit, besides)


def statuses_next(
    db: mongo.Db, shard: int, limit: int, besides: Sequence[str] = ()
) -> list[InboxItem]:
    """The shard's waiting statuses, in the same order. Index: waiting_by_kind."""
    return _waiting(db, {"shard": shard, "kind": InboxKind.STATUS}, limit, besides)


def statuses_of(
    db: mongo.Db, shard: int, whos: Iterable[str], limit: int, besides: Sequence[str] = ()
) -> list[InboxItem]:
    """The shard's waiting statuses about these people, in the same order. Index: waiting_of_who."""
    about = {"who": {"$in": sorted(set(whos))}, "shard": shard, "kind": InboxKind.STATUS}
    return _waiting(db, about, limit, besides)


def whose_waits(db: mongo.Db, whos: Iterable[str]) -> set[str]:
    """Those of these people of whom something is journaled that nobody has handled.

    Index: waiting_of_who.
    """
    about = {"who": {"$in": sorted(set(whos))}, "state": InboxState.NEW}
    return {row["who"] for row in mongo.inbox(db).find(about, {"who": 1})}


def _waiting(
    db: mongo.Db, which: dict[str, Any], limit: int, besides: Sequence[str]
) -> list[InboxItem]:
    query: dict[str, Any] = {**which, "state": InboxState.NEW}
    if besides:
        query["_id"] = {"$nin": list(besides)}
    rows = mongo.inbox(db).find(query, sort=_IN_ORDER, limit=limit)
    return list(rows)


def suspect(db: mongo.Db, ids: Sequence[str]) -> None:
    """Count a try of each that still waits: whoever had them in hand died. Index: _id."""
    if ids:
        mongo.inbox(db).update_many(
            {"_id": {"$in": list(ids)}, "state": InboxState.NEW}, {"$inc": {"tries": 1}}
        )


def finish(db: mongo.Db, ids: Sequence[str], now: datetime) -> None:
    """They are handled. Expires `journal_days` later. Index: _id."""
    if ids:
        mongo.inbox(db).update_many(
            {"_id": {"$in": list(ids)}, "state": InboxState.NEW},
            {"$set": {"state": InboxState.DONE, "done_at": now}},
        )


def failed(db: mongo.Db, item_id: str, reason: str) -> None:
    """Count a try that failed, and keep why; the item stays in line."""
    mongo.inbox(db).update_one(
        {"_id": item_id}, {"$set": {"reason": reason[:500]}, "$inc": {"tries": 1}}
    )


def bury(db: mongo.Db, item_id: str, reason: str) -> None:
    """Set an item aside as a dead letter; its shard goes on without it."""
    mongo.inbox(db).update_one(
        {"_id": item_id}, {"$set": {"state": InboxState.DEAD, "reason": reason[:500]}}
    )


def rehome(db: mongo.Db, item_id: str, shard: int) -> None:
    """Hand an item to the shard where its person's events are handled."""
    mongo.inbox(db).update_one({"_id": item_id}, {"$set": {"shard": shard}})


def park(db: mongo.Db, item_id: str, wamid: str, now: datetime) -> None:
    """Keep a status until the send it speaks about is recorded."""
    mongo.inbox(db).update_one(
        {"_id": item_id, "state": InboxState.NEW},
        {"$set": {"state": InboxState.PARKED, "wamid": wamid, "done_at": now}},
    )


def unpark(db: mongo.Db, wamids: Sequence[str]) -> list[int]:
    """Put the statuses that waited for these sends back in line; name their shards.

    Safe to repeat. Index: parked_by_wamid.
    """
    waiting = {"wamid": {"$in": list(wamids)}, "state": InboxState.PARKED}
    shards = sorted({row["shard"] for row in mongo.inbox(db).find(waiting, {"shard": 1})})
    if shards:
        mongo.inbox(db).update_many(
            waiting, {"$set": {"state": InboxState.NEW}, "$unset": {"done_at": ""}}
        )
    return shards


def said_in(db: mongo.Db, shards: Iterable[int]) -> set[int]:
    """The shards of these in which somebody said something that waits. Index: waiting_by_kind."""
    said = {"kind": {"$in": SAID}, "state": InboxState.NEW}
    return {
        shard
        for shard in shards
        if mongo.inbox(db).find_one({**said, "shard": shard}, {"_id": 1}) is not None
    }


def waiting_shards(db: mongo.Db, older_than: datetime) -> list[int]:
    """Shards with an item that has waited since before `older_than`.

    One look at the index for each shard, however long the queue. Index: waiting_by_arrival.
    """
    collection = mongo.inbox(db)
    query = {"state": InboxState.NEW, "received_at": {"$lt": older_than}}
    return [
        shard
        for shard in range(SHARDS)
        if collection.find_one({**query, "shard": shard}, {"_id": 1}) is not None
    ]


def counts(db: mongo.Db, at_most: int = 1_000) -> dict[str, int]:
    """{state: items} of what is not done, each counted no further than `at_most`.

    The done are not counted, they may be many millions. Raises StoreError before the first
    migration. Indexes: waiting_by_arrival, parked_by_wamid, dead; named, since the planner takes a
    partial index for an equality it holds by definition only when told.
    """
    collection = mongo.inbox(db)
    indexes = {
        InboxState.NEW: "waiting_by_arrival",
        InboxState.PARKED: "parked_by_wamid",
        InboxState.DEAD: "dead",
    }
    return {
        state.value: collection.count_documents({"state": state}, hint=name, limit=at_most)
        for state, name in indexes.items()
    }


def delete_of(db: mongo.Db, who_keys: Sequence[str]) -> int:
    """Forget everything that was journaled about a person; say how many rows. Safe to repeat.

    Index: who_1.
    """
    # One by one: that an equality lies within a partial index the planner sees for certain.
    collection = mongo.inbox(db)
    return sum(collection.delete_many({"who": who}).deleted_count for who in who_keys if who)


def delete_statuses_of(db: mongo.Db, who_keys: Sequence[str]) -> int:
    """Forget the handled statuses of a person; say how many. Safe to repeat. Index: who_1."""
    over = {"kind": InboxKind.STATUS, "state": {"$in": [InboxState.DONE, InboxState.PARKED]}}
    collection = mongo.inbox(db)
    return sum(
        collection.delete_many({"who": who, **over}).deleted_count for who in who_keys if who
    )
