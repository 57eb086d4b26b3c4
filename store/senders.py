"""Our phone numbers, and whether Meta lets them send."""

from datetime import datetime

from store import mongo
from store.documents.sender import Checked, Sender


def find(db: mongo.Db, phone_number_id: str) -> Sender | None:
    """Index: _id."""
    return mongo.senders(db).find_one({"_id": phone_number_id})


def block(
    db: mongo.Db,
    phone_number_id: str,
    *,
    until: datetime | None,
    code: int | None,
    reason: str,
    now: datetime,
) -> None:
    """Nothing is sent from this number until then, or until somebody resumes it by hand.

    A block by hand is not shortened by one that ends by itself.
    """
    query: dict[str, object] = {"_id": phone_number_id}
    standing = find(db, phone_number_id)
    if standing and standing["blocked"] and standing["until"] is None and until is not None:
        return
    mongo.senders(db).update_one(
        query,
        {"$set": {"blocked": True, "until": until, "code": code, "reason": reason, "at": now}},
        upsert=True,
    )


def note(db: mongo.Db, phone_number_id: str, notice: dict[str, object], at: datetime) -> None:
    """Keep what Meta said of the number or its account; the last fifty."""
    mongo.senders(db).update_one(
        {"_id": phone_number_id},
        {
            "$push": {"notices": {"$each": [notice], "$slice": -50}},
            "$setOnInsert": _free(at),
        },
        upsert=True,
    )


def check(db: mongo.Db, phone_number_id: str, checked: Checked) -> None:
    """Keep what Meta answered about the number."""
    mongo.senders(db).update_one(
        {"_id": phone_number_id},
        {"$set": {"checked": checked}, "$setOnInsert": _free(checked["at"])},
        upsert=True,
    )


def _free(now: datetime) -> dict[str, object]:
    return {"blocked": False, "until": None, "code": None, "reason": None, "at": now}


def resume(db: mongo.Db, phone_number_id: str, now: datetime) -> bool:
    """Let the number send again; say whether it was blocked."""
    resumed = mongo.senders(db).update_one(
        {"_id": phone_number_id, "blocked": True},
        {"$set": _free(now)},
    )
    return resumed.modified_count == 1


def resume_if_due(db: mongo.Db, phone_number_id: str, now: datetime) -> bool:
    """Its block ran out and a message went through: forget the block; say whether there was one."""
    resumed = mongo.senders(db).update_one(
        {"_id": phone_number_id, "blocked": True, "until": {"$lte": now}},
        {"$set": _free(now)},
    )
    return resumed.modified_count == 1


def blocked(row: Sender | None, now: datetime) -> bool:
    """Whether it may not send at `now`. Pure."""
    if row is None or not row["blocked"]:
        return False
    return row["until"] is None or row["until"] > now
