"""Who changed what, newest first."""

from bson import ObjectId

from store import mongo
from store.documents.audit import AuditEntry


def insert(db: mongo.Db, entry: AuditEntry) -> None:
    """Keep one; ids are in the order of time."""
    mongo.audit(db).insert_one(entry)


def page(
    db: mongo.Db, limit: int, before: ObjectId | None = None, by: str | None = None
) -> list[AuditEntry]:
    """At most `limit` of them before the entry `before`, by one or by all. Index: _id, by_1__id_-1.

    A page costs the same however many there are.
    """
    query: dict[str, object] = {} if before is None else {"_id": {"$lt": before}}
    if by is not None:
        query["by"] = by
    return list(mongo.audit(db).find(query).sort("_id", -1).limit(limit))
