"""Templates, as they were last synced from Meta."""

from collections.abc import Sequence
from typing import Any

from pymongo import ReplaceOne

from store import mongo
from store.documents.template import Template


def replace_all(db: mongo.Db, templates: Sequence[Template]) -> int:
    """Keep exactly these; return how many there are. What Meta no longer lists is gone."""
    collection = mongo.templates(db)
    if templates:
        collection.bulk_write([ReplaceOne({"_id": t["_id"]}, t, upsert=True) for t in templates])
    collection.delete_many({"_id": {"$nin": [t["_id"] for t in templates]}})
    return len(templates)


def find(db: mongo.Db, name: str, language: str) -> Template | None:
    """One template. Index: _id."""
    return mongo.templates(db).find_one({"_id": f"{name}:{language}"})


def languages_of(db: mongo.Db, name: str) -> list[Template]:
    """A template in each of its languages. Index: name_1."""
    return list(mongo.templates(db).find({"name": name}))


def all_of_them(db: mongo.Db) -> list[Template]:
    """Every template, by name; there are 6,000 at most."""
    return list(mongo.templates(db).find().sort("_id", 1))


def change(db: mongo.Db, name: str, language: str | None, fields: dict[str, Any]) -> int:
    """Set `fields` on one template, or on all its languages; say how many there were."""
    query: dict[str, Any] = {"_id": f"{name}:{language}"} if language else {"name": name}
    return mongo.templates(db).update_many(query, {"$set": fields}).matched_count
