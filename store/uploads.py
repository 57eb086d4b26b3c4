"""Files uploaded to Meta once and named by its id from then on."""

from collections.abc import Collection
from datetime import datetime, timedelta

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from store import mongo
from store.documents.upload import Upload

KEPT = timedelta(days=29)  # Meta keeps what is uploaded for 30
_UNDER_WAY = timedelta(minutes=2)
_FAILED = timedelta(minutes=10)


def find(db: mongo.Db, keys: Collection[str]) -> dict[str, Upload]:
    """{key: what is known of it}. Index: _id."""
    return {row["_id"]: row for row in mongo.uploads(db).find({"_id": {"$in": list(keys)}})}


def claim(db: mongo.Db, key: str, now: datetime) -> bool:
    """Whether the caller is to upload it: nobody else does, and it was not tried just now.

    Index: _id.
    """
    fields = {"media_id": None, "due_at": now + _UNDER_WAY, "expires_at": now + KEPT, "fault": None}
    try:
        claimed = mongo.uploads(db).find_one_and_update(
            {"_id": key, "due_at": {"$lte": now}},
            {"$set": fields},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:  # it is there, and not due
        return False
    return claimed is not None


def done(db: mongo.Db, key: str, media_id: str, now: datetime) -> None:
    """Meta has it. Safe to repeat."""
    ends = now + KEPT
    mongo.uploads(db).update_one(
        {"_id": key},
        {"$set": {"media_id": media_id, "due_at": ends, "expires_at": ends, "fault": None}},
    )


def failed(db: mongo.Db, key: str, fault: str, now: datetime) -> None:
    """It could not be uploaded; the next may try in a while. Safe to repeat."""
    mongo.uploads(db).update_one(
        {"_id": key}, {"$set": {"media_id": None, "due_at": now + _FAILED, "fault": fault}}
    )


def forget(db: mongo.Db, key: str, media_id: str, now: datetime) -> bool:
    """Meta says that this id is gone: whoever needs the file next uploads it again.

    Of many who are told, the first one counts. Index: _id.
    """
    forgotten = mongo.uploads(db).update_one(
        {"_id": key, "media_id": media_id}, {"$set": {"media_id": None, "due_at": now}}
    )
    return forgotten.modified_count == 1
