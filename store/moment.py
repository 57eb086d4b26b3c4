"""What time it is for MongoDB, which all our processes share; their own clocks may be wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from store import mongo


def system() -> datetime:
    """What this machine's own clock says."""
    return datetime.now(UTC)


def behind(db: mongo.Db, here: Callable[[], datetime] = system) -> timedelta:
    """How far the clock `here` is behind the database's; negative where it is ahead.

    Wrong by half of what the answer took, at most: one short command. Raises StoreError.
    """
    asked = here()
    told: datetime = db.command("hello", codec_options=db.codec_options)["localTime"]
    return told - (asked + (here() - asked) / 2)
