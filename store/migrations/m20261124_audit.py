"""Who changed what is written down, in a collection of its own."""

from contextlib import suppress

from pymongo.errors import CollectionInvalid

from config.settings import Settings
from store import mongo

COLLECTIONS = ("audit",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection. Safe to repeat."""
    for name in COLLECTIONS:
        if name not in db.list_collection_names():
            with suppress(CollectionInvalid):  # another process was faster
                db.create_collection(name)
