"""The first shape: every collection exists before a transaction writes to it.

MongoDB makes a collection at its first write, but inside a transaction that takes a lock which
fails others that write at the same moment.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = (
    "inbox", "contacts", "suppressions", "templates", "campaigns", "runs", "deliveries",
    "events", "fires", "rule_versions", "users", "senders", "shards", "joined_contacts",
)  # fmt: skip


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections that are missing. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
