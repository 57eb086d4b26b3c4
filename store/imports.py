"""Imports, how far each is, and the rows it could not use, for some weeks."""

from collections.abc import Iterator, Sequence
from typing import Any

from store import mongo
from store.documents.imported import Import, RejectedRow

KEPT_DAYS = 14  # rejected rows
IMPORTS_KEPT_DAYS = 180


def begin(db: mongo.Db, one: Import) -> None:
    """Keep that an import has begun."""
    mongo.imports(db).insert_one(one)


def progress(db: mongo.Db, import_id: str, fields: dict[str, Any]) -> None:
    """How far it is. May be lost: the next batch says it again. Index: _id."""
    mongo.imports(mongo.lightly(db)).update_one({"_id": import_id}, {"$set": fields})


def end(db: mongo.Db, import_id: str, fields: dict[str, Any]) -> None:
    """What came of it. Safe to repeat. Index: _id."""
    mongo.imports(db).update_one({"_id": import_id}, {"$set": fields})


def find(db: mongo.Db, import_id: str) -> Import | None:
    """Index: _id."""
    return mongo.imports(db).find_one({"_id": import_id})


def latest(db: mongo.Db, limit: int) -> list[Import]:
    """The imports that began last. Index: started_at_-1."""
    return list(mongo.imports(db).find().sort("started_at", -1).limit(limit))


def reject(db: mongo.Db, rows: Sequence[RejectedRow]) -> None:
    """Keep rows that could not be used."""
    if rows:
        mongo.import_rejections(db).insert_many(rows, ordered=False)


def rejected(db: mongo.Db, import_id: str) -> Iterator[RejectedRow]:
    """An import's rejected rows by line, streamed. Index: import_id_1_line_1."""
    yield from mongo.import_rejections(db).find({"import_id": import_id}).sort("line", 1)
