"""What changed about contacts and is to be told; it stands with them, written with the change.

So it can neither be lost nor be told of a change that was never made.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, UpdateMany, UpdateOne

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
    writes: list[UpdateOne | UpdateMany] = []
    for enters in (True, False):
        silent = [who for who, is_in, news in turns if is_in is enters and news is None]
        if silent:
            writes.append(UpdateMany(*_turning(segment, {"$in": silent}, enters, None)))
    writes += [
        UpdateOne(*_turning(segment, who, enters, news))
        for who, enters, news in turns
        if news is not None
    ]
    if writes:
        mongo.contacts(db).bulk_write(writes, ordered=False)


def _turning(
    segment: str, who: Any, enters: bool, news: News | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    change: dict[str, Any] = {("$addToSet" if enters else "$pull"): {"in_live": segment}}
    if news is not None:
        change["$push"] = {"news": news}
    return {"_id": who, "in_live": {"$ne": segment} if enters else segment}, change


def turned(
    db: mongo.Db, segment: str, meant: dict[str, Any], after: ObjectId | None, count: int
) -> tuple[list[tuple[ObjectId, bool]], ObjectId | None]:
    """Of the next `count` contacts by id: (who is in the live `segment`, whose filter is `meant`,
    though not known to be, or the other way round; whether they are in it), and the last one's id,
    None where there are no more.

    Walks so many contacts and no more, whoever the filter finds: by _id, and by no other index,
    which would find as many as it means each time. Index: _id.
    """
    beyond: dict[str, Any] = {"_id": {"$gt": after}} if after is not None else {}
    ids = mongo.contacts(db).find(beyond, {"_id": 1}).sort("_id", ASCENDING).skip(count - 1)
    last = next((row["_id"] for row in ids.limit(1)), None)
    within = {"_id": {**beyond.get("_id", {}), **({"$lte": last} if last is not None else {})}}
    came = {"$and": [meant, {"in_live": {"$ne": segment}}]}
    left = {"in_live": segment, "$nor": [meant, {"_id": None}]}
    query = {"$and": [within if within["_id"] else {}, {"$or": [came, left]}]}
    found = mongo.contacts(db).find(query, {"in_live": 1}).hint("_id_")
    return [(row["_id"], segment not in row.get("in_live", [])) for row in found], last
