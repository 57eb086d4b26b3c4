"""Answers to calls with an `Idempotency-Key` are kept for a day."""

from contextlib import suppress

from pymongo.errors import CollectionInvalid

from config.settings import Settings
from store import mongo

COLLECTIONS = ("answered",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection. Safe to repeat."""
    for name in COLLECTIONS:
        if name not in db.list_collection_names():
            with suppress(CollectionInvalid):  # another process was faster
                db.create_collection(name)
