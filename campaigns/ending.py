"""How runs end: everybody was written to, or the campaign was cancelled and the rest is let go."""

from datetime import datetime

from campaigns import failing, life
from runtime import Runtime
from store import deliveries, launches
from store.deliveries import Move
from store.documents.campaign import Run
from store.documents.delivery import DeliveryStatus

_BATCH = 500
_MOST_BATCHES = 20  # a tick of the clock; the next goes on
_UNDER_WAY = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)


def sweep(rt: Runtime, now: datetime) -> None:
    """Pause the runs that fail, complete those that are through, and take back what cancelled ones
    owe. Safe to repeat."""
    failing.sweep(rt, now)
    for run in launches.written_down(rt.db):
        if is_through(run):
            life.complete(rt.db, run, now)
    for run in launches.cancelled_with_waiting(rt.db):
        for _ in range(_MOST_BATCHES):
            if not take_back(rt, run, now):
                break


def is_through(run: Run) -> bool:
    """Whether every delivery of the run has left or was refused. Pure.

    One in doubt is through: nothing will be done with it by machine.
    """
    return not any(run["counters"].get(status) for status in _UNDER_WAY)


def take_back(rt: Runtime, run: Run, now: datetime) -> int:
    """Some of what a cancelled run still owes is skipped; say how much. Safe to repeat."""
    waiting = launches.waiting_in(rt.db, run["_id"], _BATCH)
    reason = "campaign_cancelled"
    fields = {"reason": reason, "status_at": now, "lease": None}
    moves = [
        Move(row, DeliveryStatus.SKIPPED, fields, tallies={f"skipped.{reason}": 1})
        for row in waiting
    ]
    return len(deliveries.move(rt.db, moves))
