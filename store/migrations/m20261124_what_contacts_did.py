"""Contacts remember what became of campaigns' messages: what happened before is read from the
deliveries, which said it all along.

Filters ask the contacts alone, so without this everybody would seem never to have read anything.
"""

from itertools import islice

from bson import ObjectId
from pymongo import UpdateOne

from config.settings import Settings
from store import behaviour, mongo

_BATCH = 500


def apply(db: mongo.Db, settings: Settings) -> None:  # noqa: ARG001  # every migration has this form
    """Remember it all. Safe to repeat: of each thing the latest time stands. One pass."""
    told = {"campaign": 1, "contact_id": 1, "times": 1, "status": 1, "status_at": 1}
    rows = mongo.deliveries(db).find({"campaign": {"$ne": None}}, {**told, "reply": 1, "clicks": 1})
    while batch := list(islice(rows, _BATCH)):
        news: dict[ObjectId, list[behaviour.News]] = {}
        for row in batch:
            if (found := behaviour.of_delivery(row)) is not None:
                news.setdefault(row["contact_id"], []).append(found)
        if news:
            db.contacts.bulk_write(
                [UpdateOne({"_id": who}, behaviour.change(each)) for who, each in news.items()],
                ordered=False,
            )
