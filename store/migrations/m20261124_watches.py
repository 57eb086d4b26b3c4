"""What campaigns and rules watch of contacts: a few rows, so that the rest costs nothing.

MongoDB makes a collection at its first write; made here, it stands where all others do.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("watches",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections that are missing. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
