"""Who changed what is written down, in a collection of its own."""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("audit",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
