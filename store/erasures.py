"""Whom we forgot, for as long as something about them may still come in."""

from collections.abc import Iterable
from datetime import datetime

from bson import ObjectId
from pymongo import ASCENDING

from store import mongo
from store.documents.erasure import Erasure


def keep(db: mongo.Db, erasure: Erasure) -> None:
    """Remember to look again."""
    mongo.erasures(db).insert_one(erasure)


def due(db: mongo.Db, now: datetime, limit: int) -> list[Erasure]:
    """Whom to look for again, who is due longest first. Index: due_at_1."""
    rows = mongo.erasures(db).find({"due_at": {"$lte": now}})
    return list(rows.sort("due_at", ASCENDING).limit(limit))


def postpone(db: mongo.Db, erasure: Erasure, due_at: datetime) -> None:
    """Look again then. Safe to repeat. Index: _id."""
    mongo.erasures(db).update_one({"_id": erasure["_id"]}, {"$set": {"due_at": due_at}})


def finish(db: mongo.Db, erasure: Erasure) -> None:
    """Nothing about them is to be expected any more. Safe to repeat. Index: _id."""
    mongo.erasures(db).delete_one({"_id": erasure["_id"]})


def joined_into(db: mongo.Db, contact_ids: Iterable[ObjectId]) -> list[ObjectId]:
    """The contacts that went up in these, or in one that did. Index: joined_contacts.into_1."""
    known: list[ObjectId] = []
    asked = list(contact_ids)
    while asked:
        rows = db.joined_contacts.find({"into": {"$in": asked}}, {"_id": 1})
        asked = [row["_id"] for row in rows if row["_id"] not in known]
        known += asked
    return known
