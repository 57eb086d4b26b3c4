"""People with whom a machine of ours was in a loop: a row each, while somebody should look.

A collection of their own, since an index on the deliveries for it would cost every message.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("loops",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
