"""Tokens of other systems, found by their hash."""

from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from store import mongo
from store.documents.api_token import ApiToken

_NOTED_EVERY = timedelta(minutes=1)


def insert(db: mongo.Db, token: ApiToken) -> bool:
    """Keep a new one; False where the name is taken, by a revoked one too. Index: _id."""
    try:
        mongo.api_tokens(db).insert_one(token)
    except DuplicateKeyError:
        return False
    return True


def by_hash(db: mongo.Db, token_hash: str) -> ApiToken | None:
    """The token of this hash, unless it was revoked. Index: hash_1."""
    return mongo.api_tokens(db).find_one({"hash": token_hash, "revoked_at": None})


def every(db: mongo.Db) -> list[ApiToken]:
    """All of them, by name; a handful. Index: _id."""
    return list(mongo.api_tokens(db).find().sort("_id", 1))


def note_use(db: mongo.Db, token: ApiToken, now: datetime) -> None:
    """It was used now. Written once a minute at most, and never waited for. Index: _id."""
    last = token["last_used_at"]
    if last is None or now - last >= _NOTED_EVERY:
        found = {"_id": token["_id"]}
        mongo.api_tokens(mongo.lightly(db)).update_one(found, {"$set": {"last_used_at": now}})


def revoke(db: mongo.Db, name: str, now: datetime) -> bool:
    """It opens nothing any more; False where it did not before. Index: _id."""
    standing = {"_id": name, "revoked_at": None}
    ended = mongo.api_tokens(db).update_one(standing, {"$set": {"revoked_at": now}})
    return ended.modified_count == 1
