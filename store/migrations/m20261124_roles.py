"""Accounts have roles, and other systems tokens of their own.

Whoever could sign in could do everything, so every account that stands is an admin's.
"""

from contextlib import suppress

from pymongo.errors import CollectionInvalid

from config.settings import Settings
from store import mongo
from store.documents.user import Role

COLLECTIONS = ("api_tokens",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collection, give each account its role. Safe to repeat."""
    for name in COLLECTIONS:
        if name not in db.list_collection_names():
            with suppress(CollectionInvalid):  # another process was faster
                db.create_collection(name)
    db.users.update_many({"role": {"$exists": False}}, {"$set": {"role": Role.ADMIN.value}})
