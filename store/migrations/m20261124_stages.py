"""Deliveries carry their stage: what indexes look at in the place of their status.

A status of Meta changed a field that four indexes looked at, and so cost the keys of all of them.
"""

from pymongo.errors import OperationFailure

from config.settings import Settings
from store import mongo

_INDEX_NOT_FOUND = 27
_BY_STATUS = ("due_by_purpose", "waiting_of_run", "adrift", "unknown")
_MOVING = ["accepted", "sent", "delivered", "read", "played"]


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Give each its stage; the indexes by status go. Safe to repeat. One pass over deliveries."""
    stage = {"$cond": [{"$in": ["$status", _MOVING]}, None, "$status"]}
    db.deliveries.update_many({"stage": {"$exists": False}}, [{"$set": {"stage": stage}}])
    for name in _BY_STATUS:
        try:
            db.deliveries.drop_index(name)
        except OperationFailure as error:
            if error.code != _INDEX_NOT_FOUND:
                raise
