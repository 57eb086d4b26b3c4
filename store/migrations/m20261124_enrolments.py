"""A collection for people's ways through drips.

A transaction that writes into a collection that is not there yet makes it, and two at once collide.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("enrolments",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make what is missing. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
