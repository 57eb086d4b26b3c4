"""Who handles a shard now: a lease in MongoDB, so that one contact's events go one at a time."""

from datetime import datetime, timedelta
from secrets import token_hex

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from store import mongo

# Short: after a crash the people of its shards wait no longer than this. Who works on renews it.
LEASE = timedelta(seconds=10)


def lease(db: mongo.Db, shard: int, now: datetime) -> str | None:
    """A token for the shard, or None while another holds it. Index: _id."""
    token = token_hex(8)
    try:
        row = mongo.lightly(db).shards.find_one_and_update(
            {"_id": shard, "until": {"$lt": now}},
            {"$set": {"token": token, "until": now + LEASE}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        return None  # it is there and its lease has not run out
    return token if row and row["token"] == token else None


def renew(db: mongo.Db, shard: int, token: str, now: datetime) -> bool:
    """Whether the lease is still ours, and ours for another while."""
    renewed = mongo.lightly(db).shards.update_one(
        {"_id": shard, "token": token, "until": {"$gte": now}}, {"$set": {"until": now + LEASE}}
    )
    return renewed.matched_count == 1


def release(db: mongo.Db, shard: int, token: str, now: datetime) -> None:
    """Let the shard go. Safe to repeat."""
    mongo.lightly(db).shards.update_one(
        {"_id": shard, "token": token}, {"$set": {"until": now - timedelta(seconds=1)}}
    )
