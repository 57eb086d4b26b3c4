"""What changed about contacts and is to be told; it stands with them, written with the change.

So it can neither be lost nor be told of a change that was never made.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, UpdateOne

from store import mongo
from store.documents.contact import Contact, News

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def waiting(db: mongo.Db, limit: int) -> list[Contact]:
    """Contacts of whom something is to be told, longest first. Index: news."""
    found = mongo.contacts(db).find({"news.at": {"$gt": _EVER}}).sort("news.at", ASCENDING)
    return list(found.hint("news").limit(limit))


def told(db: mongo.Db, ids: Mapping[ObjectId, Sequence[str]]) -> None:
    """{contact: ids of its news} are told. Safe to repeat. Index: _id.

    A list that is empty is taken away, and the contact out of the index with it.
    """
    writes = []
    for contact_id, gone in ids.items():
        left = {"$filter": {"input": "$news", "cond": {"$not": {"$in": ["$$this.id", list(gone)]}}}}
        none = {"$eq": [{"$size": {"$ifNull": [left, []]}}, 0]}
        kept = {"$set": {"news": {"$cond": [none, "$$REMOVE", left]}}}
        writes.append(UpdateOne({"_id": contact_id}, [kept]))
    if writes:
        mongo.contacts(db).bulk_write(writes, ordered=False)


def turn(db: mongo.Db, segment: str, turns: Sequence[tuple[ObjectId, bool, News | None]]) -> None:
    """(contact, whether they are in the live `segment` now, what is to be told of it).

    Who is known to be there, or not, as is said, stays as they are, and nothing is told of them:
    so of two who look at once, one tells. Index: _id.
    """
    writes = []
    for contact_id, enters, news in turns:
        change: dict[str, Any] = {("$addToSet" if enters else "$pull"): {"in_live": segment}}
        if news is not None:
            change["$push"] = {"news": news}
        was = {"$ne": segment} if enters else segment
        writes.append(UpdateOne({"_id": contact_id, "in_live": was}, change))
    if writes:
        mongo.contacts(db).bulk_write(writes, ordered=False)


def strangers(
    db: mongo.Db, segment: str, meant: dict[str, Any], after: ObjectId | None, limit: int
) -> list[ObjectId]:
    """The next contacts, by id, whom the filter `meant` finds and who are not known to be in the
    live `segment`. Indexes: those of the filter, or _id."""
    return _ids(db, {"$and": [meant, {"in_live": {"$ne": segment}}]}, after, limit)


def former(
    db: mongo.Db, segment: str, meant: dict[str, Any], after: ObjectId | None, limit: int
) -> list[ObjectId]:
    """The next contacts, by id, who are known to be in the live `segment` and whom its filter does
    not find any more. Index: in_live."""
    outside = {"$nor": [meant, {"_id": None}]}
    return _ids(db, {"$and": [{"in_live": segment}, outside]}, after, limit)


def _ids(db: mongo.Db, query: dict[str, Any], after: ObjectId | None, limit: int) -> list[ObjectId]:
    if after is not None:
        query = {"$and": [{"_id": {"$gt": after}}, query]}
    found = mongo.contacts(db).find(query, {"_id": 1}).sort("_id", ASCENDING).limit(limit)
    return [row["_id"] for row in found]
