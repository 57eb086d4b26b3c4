"""How many people Meta lets us write to in 24 hours, and whom we wrote to.

Collections of their own: counted from the deliveries, every batch of a campaign would be a scan.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("reach", "reached")


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
