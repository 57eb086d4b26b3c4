"""Journaled items that could not be handled, set aside for a person to look at."""

from pymongo import DESCENDING

from store import mongo
from store.documents.inbox import InboxItem, InboxState

_SHOWN = {"payload": False, "raw": False}


def latest(db: mongo.Db, limit: int) -> list[InboxItem]:
    """The ones received last, newest first, without what they say. Index: dead."""
    rows = mongo.inbox(db).find({"state": InboxState.DEAD}, _SHOWN)
    return list(rows.sort("received_at", DESCENDING).limit(limit))


def count(db: mongo.Db, at_most: int) -> int:
    """How many there are, counted no further than `at_most`. Index: dead."""
    return mongo.inbox(db).count_documents({"state": InboxState.DEAD}, limit=at_most, hint="dead")
