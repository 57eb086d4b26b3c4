"""Answers to calls with an `Idempotency-Key` are kept for a day."""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("answered",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
