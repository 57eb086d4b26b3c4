"""The waiting items of a shard are read by kind: what people said before what is only counted.

The index that knew no kinds made a person's message wait behind every status of a campaign that
was dated earlier. The new ones are made with the others; this takes the old one away.
"""

from pymongo.errors import OperationFailure

from config.settings import Settings
from store import mongo

_NOT_THERE = (26, 27)  # no such collection, no such index


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Drop what nothing reads any more. Safe to repeat."""
    try:
        db.inbox.drop_index("waiting_of_shard")
    except OperationFailure as error:
        if error.code not in _NOT_THERE:
            raise
