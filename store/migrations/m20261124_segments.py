"""Segments that are described, and one index that also streams a segment in the order of ids.

The old index of segments alone would only cost each write something.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("segments",)
_OLD = "segments_1"


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection, drop the old index. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
    if _OLD in db.contacts.index_information():
        db.contacts.drop_index(_OLD)
