"""Who handles a shard now: a lease in MongoDB, so that one contact's events go one at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from pymongo.errors import DuplicateKeyError

from store import mongo

# Short: after a crash the people of its shards wait no longer than this. Who works on renews it.
LEASE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Hold:
    """A shard that is ours for a while. left: the items its last holder died over, perhaps."""

    shard: int
    token: str
    left: tuple[str, ...] = ()


def lease(db: mongo.Db, shard: int, now: datetime, holder: str = "") -> Hold | None:
    """The shard's hold, or None while another has it. holder: the process's name. Index: _id."""
    token = token_hex(8)
    try:
        before = mongo.lightly(db).shards.find_one_and_update(
            {"_id": shard, "until": {"$lt": now}},
            {"$set": {"token": token, "until": now + LEASE, "holder": holder}},
            upsert=True,
        )
    except DuplicateKeyError:
        return None  # it is there and its lease has not run out
    return Hold(shard, token, tuple((before or {}).get("at_work", ())))


def begin(db: mongo.Db, hold: Hold, ids: Sequence[str], now: datetime) -> bool:
    """Say what is taken in hand, before it is: should we die over it, the next holder knows.

    Renews the lease; False where it is no longer ours.
    """
    renewed = mongo.lightly(db).shards.update_one(
        {"_id": hold.shard, "token": hold.token, "until": {"$gte": now}},
        {"$set": {"until": now + LEASE, "at_work": list(ids)}},
    )
    return renewed.matched_count == 1


def renew(db: mongo.Db, hold: Hold, now: datetime) -> bool:
    """Whether the lease is still ours, and ours for another while."""
    renewed = mongo.lightly(db).shards.update_one(
        {"_id": hold.shard, "token": hold.token, "until": {"$gte": now}},
        {"$set": {"until": now + LEASE}},
    )
    return renewed.matched_count == 1


def release(db: mongo.Db, hold: Hold, now: datetime) -> None:
    """Let the shard go; nothing is in hand. Safe to repeat."""
    mongo.lightly(db).shards.update_one(
        {"_id": hold.shard, "token": hold.token},
        {"$set": {"until": now - timedelta(seconds=1)}, "$unset": {"at_work": ""}},
    )


def free(db: mongo.Db, holder: str, now: datetime) -> int:
    """Let go of what a process held that is known to be dead, so that nobody waits for its leases
    to run out; say how many shards. What it had in hand stays noted.

    There are few rows, so each is looked at. Safe to repeat.
    """
    freed = mongo.lightly(db).shards.update_many(
        {"holder": holder, "until": {"$gte": now}}, {"$set": {"until": now - timedelta(seconds=1)}}
    )
    return freed.modified_count
