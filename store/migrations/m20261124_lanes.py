"""Deliveries wait in lanes: the index that knew only when they are due goes.

One line for everybody let an answer wait behind a campaign of a million. What took its place is
made with all other indexes.
"""

from pymongo.errors import OperationFailure

from config.settings import Settings
from store import mongo

_INDEX_NOT_FOUND = 27


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Drop the index. Safe to repeat."""
    try:
        db.deliveries.drop_index("due")
    except OperationFailure as error:
        if error.code != _INDEX_NOT_FOUND:
            raise
