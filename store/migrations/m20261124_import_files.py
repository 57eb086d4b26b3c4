"""Files of contacts that wait to be brought in, in pieces, outside of the web process.

Rejected rows are known by import and line from now on, so that a batch that is repeated adds none.
"""

from config.settings import Settings
from store import mongo

COLLECTIONS = ("import_files.files", "import_files.chunks")


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Make the collections. Safe to repeat."""
    mongo.make_collections(db, COLLECTIONS)
