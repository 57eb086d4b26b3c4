"""Rule versions say what they restore and what they changed; drafts get a collection.

Versions of earlier releases lacked both fields, and whoever listed them stumbled.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("rule_drafts",)


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Give old versions the fields, empty; make `rule_drafts`. Safe to repeat."""
    for field in ("restores", "changes"):
        db["rule_versions"].update_many({field: {"$exists": False}}, {"$set": {field: None}})
    mongo.make_collections(db, COLLECTIONS)
