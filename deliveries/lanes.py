"""Which deliveries go next: what people wait for first, then each campaign its share."""

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from bson import ObjectId

from runtime import Runtime
from store import campaigns, due, mongo
from store.documents.campaign import CampaignState
from store.documents.delivery import Delivery
from store.pace import Pace

_HELD_BACK = (CampaignState.PAUSED, CampaignState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Lane:
    """A run that owes messages and may send them. rate_per_s: what its campaign allows itself."""

    run_id: ObjectId | None
    rate_per_s: int | None = None
    priority: int = 0


def sendable(db: mongo.Db) -> list[Lane]:
    """The runs that owe messages and may send them: neither paused nor cancelled."""
    owing = [run for run in due.runs_that_owe(db) if "cancelled_at" not in run]
    standing = campaigns.standing(db, {run["campaign"] for run in owing})
    return [
        Lane(run["_id"], now.rate_per_s, now.priority)
        for run in owing
        if (now := standing.get(run["campaign"])) and now.state not in _HELD_BACK
    ]


def lease(rt: Runtime, now: datetime, limit: int) -> list[Delivery]:
    """Up to `limit` deliveries to send now, leased to the caller.

    A small campaign does not wait for the end of a large one: those of one priority take turns,
    those of a higher one go before them.
    """
    batch = due.lease_urgent(rt.db, now, limit)
    lanes = [Lane(None), *sendable(rt.db)]
    for priority in sorted({lane.priority for lane in lanes}, reverse=True):
        equals = [lane for lane in lanes if lane.priority == priority]
        batch += _in_turn(rt, equals, now, limit - len(batch))
    return batch


def _in_turn(rt: Runtime, lanes: list[Lane], now: datetime, limit: int) -> list[Delivery]:
    waiting: list[list[Delivery]] = []
    for place, lane in enumerate(lanes):
        left = limit - sum(len(rows) for rows in waiting)
        share = -(-left // (len(lanes) - place))  # what earlier lanes left is shared by the rest
        waiting.append(due.lease_of_run(rt.db, lane.run_id, now, _allowed(rt, lane, share)))
    turns = zip_longest(*reversed(waiting))
    return [row for turn in turns for row in turn if row is not None]


def _allowed(rt: Runtime, lane: Lane, share: int) -> int:
    if lane.rate_per_s is None or share < 1:
        return share
    granted, _ = Pace(rt.redis, f"run:{lane.run_id}", lane.rate_per_s).take(share)
    return granted


def any_due(db: mongo.Db, now: datetime) -> bool:
    """Whether a sender would find work."""
    run_ids = [lane.run_id for lane in sendable(db) if lane.run_id is not None]
    return due.any_due(db, now, run_ids)
