"""Which deliveries go next: what people wait for first, then each campaign its share."""

from datetime import datetime
from itertools import zip_longest

from bson import ObjectId

from store import campaigns, due, mongo
from store.documents.campaign import CampaignState
from store.documents.delivery import Delivery

_HELD_BACK = (CampaignState.PAUSED, CampaignState.CANCELLED)


def sendable(db: mongo.Db) -> list[ObjectId]:
    """The runs that owe messages and may send them: neither paused nor cancelled."""
    owing = due.runs_that_owe(db)
    states = campaigns.states(db, {run["campaign"] for run in owing})
    return [run["_id"] for run in owing if states.get(run["campaign"]) not in _HELD_BACK]


def lease(db: mongo.Db, now: datetime, limit: int) -> list[Delivery]:
    """Up to `limit` deliveries to send now, leased to the caller.

    A small campaign does not wait for the end of a large one: they take turns.
    """
    batch = due.lease_urgent(db, now, limit)
    lanes: list[ObjectId | None] = [None, *sendable(db)]
    waiting: list[list[Delivery]] = []
    for place, lane in enumerate(lanes):
        left = limit - len(batch) - sum(len(rows) for rows in waiting)
        share = -(-left // (len(lanes) - place))  # what earlier lanes left is shared by the rest
        waiting.append(due.lease_of_run(db, lane, now, share))
    turns = zip_longest(*reversed(waiting))
    return batch + [row for turn in turns for row in turn if row is not None]


def any_due(db: mongo.Db, now: datetime) -> bool:
    """Whether a sender would find work."""
    return due.any_due(db, now, sendable(db))
