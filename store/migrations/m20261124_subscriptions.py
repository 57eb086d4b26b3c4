"""Other systems may be told what becomes of messages, and what they were told is kept a while."""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("subscriptions", "tellings")


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
