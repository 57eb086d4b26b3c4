"""Texts that go before their rows: how far that is done is remembered, for each collection.

MongoDB makes a collection at its first write; made here, it stands where all others do.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("text_marks",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections that are missing. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
