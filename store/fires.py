"""What must happen later: made once, claimed by one, gone when handled."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, ReturnDocument, UpdateOne

from store import mongo
from store.documents.delivery import Lease
from store.documents.fire import Fire, FireKind

LEASE = timedelta(seconds=60)
# Of a batch, which is handled at once. A clock that dies is followed by another after it.
BATCH_LEASE = timedelta(seconds=20)
# When a fire is due whose campaign is paused: it costs nothing while it is held.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


def schedule(db: mongo.Db, fires: Sequence[Fire]) -> None:
    """Keep each fire; one that is there already stays as it is. Safe to repeat."""
    if fires:
        mongo.fires(db).bulk_write(
            [UpdateOne({"_id": f["_id"]}, {"$setOnInsert": f}, upsert=True) for f in fires],
            ordered=False,
        )


def put(db: mongo.Db, fire: Fire) -> None:
    """Keep the fire in the place of one that is there already. Safe to repeat. Index: _id."""
    mongo.fires(db).replace_one({"_id": fire["_id"]}, fire, upsert=True)


def drop(db: mongo.Db, ids: Sequence[str]) -> int:
    """These will not be done; how many there were. Safe to repeat. Index: _id."""
    if not ids:
        return 0
    return mongo.fires(db).delete_many({"_id": {"$in": list(ids)}}).deleted_count


def any_due(db: mongo.Db, now: datetime, kind: FireKind) -> bool:
    """Whether a fire of this kind is due. Index: kind_1_due_at_1."""
    return mongo.fires(db).find_one({"due_at": {"$lte": now}, "kind": kind}, {"_id": 1}) is not None


def claim_due(db: mongo.Db, now: datetime, kind: FireKind = FireKind.START_CAMPAIGN) -> Fire | None:
    """The fire of this kind that is due longest, leased to the caller; None where none is.

    A lease that ran out is claimed again: its holder died. Index: kind_1_due_at_1.
    """
    return mongo.fires(db).find_one_and_update(
        {
            "due_at": {"$lte": now},
            "kind": kind,
            "$or": [{"lease": None}, {"lease.until": {"$lt": now}}],
        },
        {
            "$set": {"lease": {"token": token_hex(8), "until": now + LEASE}},
            "$inc": {"tries": 1},
        },
        sort=[("due_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )


def claim_batch(
    db: mongo.Db, now: datetime, kinds: Sequence[FireKind], limit: int
) -> list[Fire] | None:
    """Up to `limit` fires of these kinds, due longest first, leased to the caller as one batch.

    None where nothing is due; an empty batch where others were faster. A lease that ran out is
    free, and so is one that ends later than any granted now could: whoever took it was ahead of the
    time, and if it died, nobody is to wait until its clock is right. Index: kind_1_due_at_1.
    """
    free = {
        "kind": {"$in": list(kinds)},
        "due_at": {"$lte": now},
        "$or": [
            {"lease": None},
            {"lease.until": {"$lt": now}},
            {"lease.until": {"$gt": now + LEASE}},
        ],
    }
    collection = mongo.fires(mongo.lightly(db))
    found = collection.find(free).sort("due_at", ASCENDING).limit(limit)
    due = list(found.hint([("kind", ASCENDING), ("due_at", ASCENDING)]))
    if not due:
        return None
    ids = [fire["_id"] for fire in due]
    lease: Lease = {"token": token_hex(8), "until": now + BATCH_LEASE}
    taken = collection.update_many(
        {"_id": {"$in": ids}, **free}, {"$set": {"lease": lease}, "$inc": {"tries": 1}}
    )
    if taken.modified_count < len(due):
        held = collection.find({"_id": {"$in": ids}, "lease.token": lease["token"]})
        return sorted(held, key=lambda fire: fire["due_at"])
    # All were got as they had been read: there is no need to read them again.
    return [{**fire, "lease": lease, "tries": fire["tries"] + 1} for fire in due]


def settle(db: mongo.Db, batch: Sequence[Fire], again: Mapping[str, datetime]) -> None:
    """A claimed batch is handled, but for those in `again`: {id: when}. Only its holder's word
    counts. Safe to repeat. Index: _id."""
    later = [
        UpdateOne(_held(fire), {"$set": {"due_at": again[fire["_id"]], "lease": None}})
        for fire in batch
        if fire["_id"] in again
    ]
    if later:
        mongo.fires(db).bulk_write(later, ordered=False)
    done = [fire["_id"] for fire in batch if fire["_id"] not in again]
    tokens = list({fire["lease"]["token"] for fire in batch if fire["lease"]})
    if done:
        mongo.fires(db).delete_many({"_id": {"$in": done}, "lease.token": {"$in": tokens}})


def finish(db: mongo.Db, fire: Fire) -> None:
    """It is handled. Only its holder's word counts."""
    mongo.fires(db).delete_one(_held(fire))


def postpone(db: mongo.Db, fire: Fire, due_at: datetime) -> None:
    """Try again at `due_at`."""
    mongo.fires(db).update_one(_held(fire), {"$set": {"due_at": due_at, "lease": None}})


def _held(fire: Fire) -> dict[str, Any]:
    lease = fire["lease"]
    return {"_id": fire["_id"], "lease.token": lease and lease["token"]}


def cancel_of(db: mongo.Db, campaigns: Sequence[str], contact_id: ObjectId) -> int:
    """What waits for this person in these campaigns will not be done; say how many there were.

    Index: subject.contact_id_1.
    """
    waiting = {"subject.contact_id": contact_id, "subject.campaign": {"$in": list(campaigns)}}
    return mongo.fires(db).delete_many(waiting).deleted_count


def delete_of(db: mongo.Db, contact_id: ObjectId) -> int:
    """Forget what waits for a person. Index: subject.contact_id_1."""
    return mongo.fires(db).delete_many({"subject.contact_id": contact_id}).deleted_count


def release_held(db: mongo.Db, campaign: str, now: datetime, limit: int) -> int:
    """What a pause of the campaign held is due now, up to `limit` of it; say how much there was.

    Index: held.
    """
    held = mongo.fires(db).find({"subject.campaign": campaign, "due_at": {"$gte": NEVER}})
    ids = [row["_id"] for row in held.limit(limit)]
    if ids:
        mongo.fires(db).update_many(
            {"_id": {"$in": ids}, "due_at": {"$gte": NEVER}}, {"$set": {"due_at": now}}
        )
    return len(ids)


def bring(db: mongo.Db, moments: Mapping[str, datetime]) -> None:
    """Have fires come at other times, {fire: when}. Who holds one says itself when it comes again,
    and one that is held by a pause stays so. Index: _id."""
    if moments:
        mongo.fires(db).bulk_write(
            [
                UpdateOne(
                    {"_id": name, "lease": None, "due_at": {"$lt": NEVER}}, {"$set": {"due_at": at}}
                )
                for name, at in moments.items()
            ],
            ordered=False,
        )
