"""Journal rows under nobody's name: what could not be read, what we do not read, and statuses that
do not say whom they are about. They are few beside the others, so each may be looked at."""

from collections.abc import Callable
from typing import Any

from store import mongo
from store.documents.inbox import InboxItem, InboxState

_AT_ONCE = 500
Names = Callable[[str, bytes], bool]


def delete_naming(db: mongo.Db, names: Names) -> int:
    """Forget the rows of which `names(payload, raw)` holds, and say how many; of dead letters,
    whoever they are about. Safe to repeat. Indexes: dead, of_nobody; named, since the planner takes
    a partial index for an equality it holds by definition only when told."""
    return sum(
        _delete(db, query, index, names)
        for query, index in (({"state": InboxState.DEAD}, "dead"), ({"who": ""}, "of_nobody"))
    )


def _delete(db: mongo.Db, query: dict[str, Any], index: str, names: Names) -> int:
    collection = mongo.inbox(db)
    deleted, found = 0, []
    for row in collection.find(query, {"payload": 1, "raw": 1}).hint(index):
        if _is_named(row, names):
            found.append(row["_id"])
        if len(found) == _AT_ONCE:
            deleted += collection.delete_many({"_id": {"$in": found}}).deleted_count
            found = []
    return deleted + collection.delete_many({"_id": {"$in": found}}).deleted_count


def _is_named(row: InboxItem, names: Names) -> bool:
    return names(row["payload"], row.get("raw", b""))
