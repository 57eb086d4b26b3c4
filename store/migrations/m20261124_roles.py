"""Accounts have roles, and other systems tokens of their own.

Whoever could sign in could do everything, so every account that stands is an admin's.
"""

from config.settings import Settings
from store import mongo
from store.documents.user import Role

COLLECTIONS = ("api_tokens",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection, give each account its role. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
    db.users.update_many({"role": {"$exists": False}}, {"$set": {"role": Role.ADMIN.value}})
