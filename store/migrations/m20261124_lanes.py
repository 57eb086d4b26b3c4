"""Deliveries wait in lanes: the index that knew only when they are due goes.

One line for everybody let an answer wait behind a campaign of a million. What took its place is
made with all other indexes.
"""

from config.settings import Settings
from store import indexes, mongo


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Drop the index. Safe to repeat."""
    indexes.drop(db, "deliveries", "due")
