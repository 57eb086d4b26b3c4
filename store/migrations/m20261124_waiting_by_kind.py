"""The waiting items of a shard are read by kind: what people said before what is only counted.

The index that knew no kinds made a person's message wait behind every status of a campaign that
was dated earlier. The new ones are made with the others; this takes the old one away.
"""

from config.settings import Settings
from store import indexes, mongo


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Drop what nothing reads any more. Safe to repeat."""
    indexes.drop(db, "inbox", "waiting_of_shard")
