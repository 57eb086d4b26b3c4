"""The kinds of contacts' attributes: whoever brings the first value decides, for all after it."""

from collections.abc import Iterable
from datetime import datetime

from pymongo import ReturnDocument

from store import mongo
from store.documents.attribute import AttributeDefinition, AttributeKind


def kinds(db: mongo.Db, names: Iterable[str]) -> dict[str, AttributeKind]:
    """{name: kind} of those among `names` that are known. Index: _id."""
    found = mongo.attributes(db).find({"_id": {"$in": sorted(set(names))}})
    return {row["_id"]: AttributeKind(row["kind"]) for row in found}


def every(db: mongo.Db) -> list[AttributeDefinition]:
    """All of them, by name. Index: _id."""
    return list(mongo.attributes(db).find().sort("_id", 1))


def count(db: mongo.Db) -> int:
    """How many there are."""
    return mongo.attributes(db).estimated_document_count()


def define(
    db: mongo.Db, name: str, kind: AttributeKind, source: str, now: datetime
) -> AttributeKind:
    """The kind that stands: `kind`, where nobody was faster. Safe to repeat. Index: _id."""
    row = mongo.attributes(db).find_one_and_update(
        {"_id": name},
        {"$setOnInsert": {"kind": kind, "source": source, "defined_at": now}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    return AttributeKind(row["kind"]) if row else kind


def redefine(
    db: mongo.Db, name: str, kind: AttributeKind, source: str, now: datetime
) -> AttributeDefinition:
    """Give it another kind. Only where nobody has a value. Safe to repeat. Index: _id."""
    row: AttributeDefinition = {"_id": name, "kind": kind, "source": source, "defined_at": now}
    mongo.attributes(db).replace_one({"_id": name}, row, upsert=True)
    return row


def is_held(db: mongo.Db, name: str) -> bool:
    """Whether any contact has a value. Index: attributes."""
    held = {f"attributes.{name}": {"$exists": True}}
    return mongo.contacts(db).find_one(held, {"_id": 1}) is not None
