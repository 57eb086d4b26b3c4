"""Files of campaigns that were uploaded to Meta: a row each, with Meta's id, while that is good."""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("uploads",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
