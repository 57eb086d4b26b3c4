"""Whom we must not write to. Keyed by a hash of the identity, so that erasure can leave it."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from store import mongo
from store.documents.suppression import Scope, Suppression, SuppressionChange


def key(identity: str) -> str:
    """The `_id` for an identity such as `wa_id:919812345670` or `bsuid:IN.123`."""
    return hashlib.sha256(f"drumbeat:{identity}".encode()).hexdigest()


def identities(wa_id: str | None, bsuid: str | None) -> list[str]:
    """The names a person is suppressed under."""
    pairs = (("wa_id", wa_id), ("bsuid", bsuid))
    return [f"{kind}:{value}" for kind, value in pairs if value]


def find(db: mongo.Db, names: Iterable[str]) -> dict[str, Suppression]:
    """{identity: suppression}, lifted ones too. Index: _id."""
    keys = {key(name): name for name in names}
    found = mongo.suppressions(db).find({"_id": {"$in": list(keys)}})
    return {keys[row["_id"]]: row for row in found}


def listed(db: mongo.Db, after: str | None, limit: int) -> list[Suppression]:
    """Every identity that anything was ever held back from, lifted and erased ones too, in an
    order that stays. Index: _id."""
    query = {"_id": {"$gt": after}} if after else {}
    return list(mongo.suppressions(db).find(query).sort("_id", 1).limit(limit))


def newest(db: mongo.Db, before: tuple[datetime, str] | None, limit: int) -> list[Suppression]:
    """As `listed`, whatever was held back last first. before: `at` and `_id` of the last row of
    the page before. Index: newest."""
    query: dict[str, Any] = {}
    if before is not None:
        at, last = before
        query = {"at": {"$lte": at}, "$or": [{"at": {"$lt": at}}, {"_id": {"$lt": last}}]}
    found = mongo.suppressions(db).find(query).sort([("at", -1), ("_id", -1)])
    return list(found.limit(limit))


def by_key(db: mongo.Db, named: str) -> Suppression | None:
    """The row of one `_id`. Index: _id."""
    return mongo.suppressions(db).find_one({"_id": named})


def suppress(db: mongo.Db, names: Iterable[str], change: SuppressionChange) -> None:
    """Hold back `change["scope"]` for each identity, and add the change to the history.

    Safe to repeat: a change with the same evidence is kept once.
    """
    for name in names:
        mongo.suppressions(db).update_one(
            {"_id": key(name)},
            {
                "$set": {
                    "identity": name,
                    "scope": change["scope"],
                    "until": change["until"],
                    "source": change["source"],
                    "reason": change["reason"],
                    "at": change["at"],
                },
                "$addToSet": {"history": change},
            },
            upsert=True,
        )


def keep_own(db: mongo.Db, names: Iterable[str], change: SuppressionChange) -> None:
    """The person asked for it themselves: it outlasts whatever the shop sets. Never narrowed.

    Safe to repeat.
    """
    for name in names:
        mongo.suppressions(db).update_one(
            {"_id": key(name), "own": {"$ne": Scope.ALL}},
            {"$set": {"own": change["scope"]}, "$addToSet": {"history": change}},
        )


def take_back_own(db: mongo.Db, names: Iterable[str], change: SuppressionChange) -> None:
    """The person takes their wish of this scope back; what else stands stays. Safe to repeat."""
    for name in names:
        mongo.suppressions(db).update_one(
            {"_id": key(name), "own": change["scope"]},
            {"$set": {"own": None}, "$addToSet": {"history": change}},
        )


def lift(db: mongo.Db, names: Iterable[str], change: SuppressionChange) -> None:
    """Let messages through again. The history stays. Safe to repeat."""
    lifted = {"scope": None, "own": None, "until": None}
    for name in names:
        mongo.suppressions(db).update_one(
            {"_id": key(name)}, {"$set": lifted, "$addToSet": {"history": change}}
        )


def anonymise(db: mongo.Db, names: Iterable[str]) -> int:
    """Leave only the hash of the identity: whom we must not write to, but not who it was.

    Says how many rows named somebody until now. Safe to repeat. Index: _id.
    """
    left = mongo.suppressions(db).update_many(
        {"_id": {"$in": [key(name) for name in names]}},
        {"$unset": {"identity": ""}, "$set": {"history": [], "reason": None}},
    )
    return left.modified_count


def standing(row: Suppression, now: datetime) -> Scope | None:
    """What `row` holds back at `now`: the wider of what was set and what the person asked for.

    Pure.
    """
    until = row["until"]
    own = row.get("own")
    scope = None if until is not None and until <= now else row["scope"]
    return own if scope is None or own == Scope.ALL else scope


def share(db: mongo.Db, names: Iterable[str], now: datetime | None = None) -> None:
    """These identities turned out to be one person: what stands for one stands for each.

    The widest scope wins, and of two the one that ends later. now: what is over by then does not
    take the place of what is not. Safe to repeat.
    """
    every = list(names)
    found = [
        row
        for row in find(db, every).values()
        if (row["scope"] if now is None else standing(row, now)) is not None
    ]
    if not found:
        return
    widest = max(
        found,
        key=lambda row: (
            row["scope"] == Scope.ALL,
            row["until"] is None,
            row["until"] or row["at"],
        ),
    )
    asked = {row.get("own") for row in found} - {None}
    own = Scope.ALL if Scope.ALL in asked else Scope.MARKETING if asked else None
    for name in every:
        mongo.suppressions(db).update_one(
            {"_id": key(name)},
            {
                "$set": {
                    "identity": name,
                    "scope": widest["scope"],
                    "own": own,
                    "until": widest["until"],
                    "source": widest["source"],
                    "reason": widest["reason"],
                    "at": widest["at"],
                },
                "$addToSet": {"history": {"$each": widest["history"]}},
            },
            upsert=True,
        )
