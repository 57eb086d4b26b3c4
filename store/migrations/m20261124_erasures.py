"""Whoever was erased is looked for again, and that is remembered in a collection of its own.

MongoDB makes a collection at its first write; made here, it stands where all others do.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("erasures",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections that are missing. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
