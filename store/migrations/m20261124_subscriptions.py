"""Other systems may be told what becomes of messages, and what they were told is kept a while."""

from contextlib import suppress

from pymongo.errors import CollectionInvalid

from config.settings import Settings
from store import mongo

COLLECTIONS = ("subscriptions", "tellings")


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections. Safe to repeat."""
    for name in COLLECTIONS:
        if name not in db.list_collection_names():
            with suppress(CollectionInvalid):  # another process was faster
                db.create_collection(name)
