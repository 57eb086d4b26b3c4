"""Who may open the admin pages."""

from datetime import datetime
from typing import Any

from store import mongo
from store.documents.user import Role, Session, User

_SESSIONS = {"$ifNull": ["$sessions", []]}


def find(db: mongo.Db, name: str) -> User | None:
    """Index: _id."""
    return mongo.users(db).find_one({"_id": name})


def every(db: mongo.Db) -> list[User]:
    """All accounts, by name; a handful. Index: _id."""
    return list(mongo.users(db).find().sort("_id", 1))


def any_there(db: mongo.Db) -> bool:
    """Whether anybody has an account. Index: _id."""
    return mongo.users(db).find_one({}, {"_id": 1}) is not None


def put_one_time(db: mongo.Db, name: str, one_time_hash: str, now: datetime, role: Role) -> None:
    """Let `name` in once with this password; a missing account is made, with this role."""
    mongo.users(db).update_one(
        {"_id": name},
        {
            "$set": {"one_time_hash": one_time_hash, "failures": 0, "locked_until": None},
            "$setOnInsert": {
                "role": role.value,
                "password_hash": None,
                "created_at": now,
                "last_login_at": None,
            },
        },
        upsert=True,
    )


def spend_one_time(db: mongo.Db, name: str, one_time_hash: str) -> bool:
    """Whether the one-time password was still there; of two who use it one gets in."""
    spent = mongo.users(db).update_one(
        {"_id": name, "one_time_hash": one_time_hash}, {"$set": {"one_time_hash": None}}
    )
    return spent.modified_count == 1


def change(db: mongo.Db, name: str, fields: dict[str, Any]) -> None:
    """Set `fields` on an account."""
    mongo.users(db).update_one({"_id": name}, {"$set": fields})


def count_failure(db: mongo.Db, name: str) -> int:
    """Note a wrong password; say how many there were in a row."""
    user = mongo.users(db).find_one_and_update(
        {"_id": name}, {"$inc": {"failures": 1}}, return_document=True
    )
    return user["failures"] if user else 0


def begin_try(
    db: mongo.Db, seen: User, locked_until: datetime | None, *, known: bool = False
) -> bool:
    """Count a try, and lock the account for the next, before the password is looked at.

    False where somebody tried since `seen` was read; so many tries at once get no further than as
    many one by one. known: from a browser that was signed in before, which counts for itself.
    """
    failures, locked = (
        ("known_failures", "known_locked_until")
        if known
        else (
            "failures",
            "locked_until",
        )
    )
    counted = mongo.users(db).update_one(
        {"_id": seen["_id"], failures: seen.get(failures), locked: seen.get(locked)},
        {"$inc": {failures: 1}, "$set": {locked: locked_until}},
    )
    return counted.modified_count == 1


def open_session(db: mongo.Db, name: str, session: Session, now: datetime) -> None:
    """The password was right: forget the failures, and let this browser in until it ends."""
    keep = {"$filter": {"input": _SESSIONS, "cond": {"$gt": ["$$this.until", now]}}}
    mongo.users(db).update_one(
        {"_id": name},
        [
            {
                "$set": {
                    "failures": 0,
                    "locked_until": None,
                    "known_failures": 0,
                    "known_locked_until": None,
                    "last_login_at": now,
                    "sessions": {"$concatArrays": [keep, [{"$literal": session}]]},
                }
            }
        ],
    )


def touch_session(db: mongo.Db, name: str, session_id: str, now: datetime) -> None:
    """That browser is still looked at. Lost, it costs a minute. Index: _id."""
    found = {"_id": name, "sessions.id": session_id}
    mongo.users(mongo.lightly(db)).update_one(found, {"$set": {"sessions.$.seen_at": now}})


def close_session(db: mongo.Db, name: str, session_id: str) -> None:
    """That browser is signed out. Safe to repeat."""
    mongo.users(db).update_one({"_id": name}, {"$pull": {"sessions": {"id": session_id}}})
