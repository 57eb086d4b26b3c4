"""Deliveries carry their stage: what indexes look at in the place of their status.

A status of Meta changed a field that four indexes looked at, and so cost the keys of all of them.
"""

from config.settings import Settings
from store import indexes, mongo

COLLECTIONS = ("claims",)
_BY_STATUS = ("due_by_purpose", "waiting_of_run", "adrift", "unknown")
_MOVING = ["accepted", "sent", "delivered", "read", "played"]
_OWED = ["pending", "sending"]


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Give each its stage, and what is being sent a claim; the indexes by status go.

    Safe to repeat. One pass over deliveries.
    """
    mongo.make_collections(db, COLLECTIONS)
    stage = {
        "$switch": {
            "branches": [
                {"case": {"$in": ["$status", _OWED]}, "then": "owed"},
                {"case": {"$in": ["$status", _MOVING]}, "then": None},
            ],
            "default": "$status",
        }
    }
    db.deliveries.update_many({"stage": {"$exists": False}}, [{"$set": {"stage": stage}}])
    _claim_what_is_being_sent(db)
    for name in _BY_STATUS:
        indexes.drop(db, "deliveries", name)


def _claim_what_is_being_sent(db: mongo.Db) -> None:
    """A sender of the release before may have died: the sweep finds what it left by its claim."""
    for row in db.deliveries.find({"status": "sending"}, {"lease": 1}):
        lease = row["lease"] or {}
        if "token" in lease:
            db.claims.update_one(
                {"_id": lease["token"]},
                {"$addToSet": {"ids": row["_id"]}, "$set": {"until": lease["until"]}},
                upsert=True,
            )
