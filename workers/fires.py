"""Do what is due: claim fires in batches, hand each kind's to whoever handles it, and settle them.

Any number of clocks may do so at once. A batch is one clock's for as long as its lease lasts; where
that clock dies, another does the batch again, so every handler may be repeated.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from campaigns import series, start, stepping
from config import logs, metrics
from events import again, deadlines, later
from runtime import Runtime
from store import fires
from store.documents.fire import Fire, FireKind
from store.mongo import StoreError
from workers.moment import Moment
from workers.process import Process

# Handed a batch of claimed fires of its kind, it does them with few commands, and returns {fire id:
# when to try again} for those that are not done. Safe to repeat. Raises StoreError.
Handler = Callable[[Runtime, Sequence[Fire], datetime], dict[str, datetime]]

BATCH = 200  # handled well within a lease, the slowest kind too
LOOK_S = 0.2
ROUND_S = 5.0
_AWAY_S = 1.0
_RETRY = timedelta(seconds=30)

log = logs.get(__name__)


def _start_campaigns(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
    looked = ((fire["_id"], start.fire(rt, fire, now)) for fire in due)
    return {fire_id: at for fire_id, at in looked if at is not None}


HANDLERS: dict[FireKind, Handler] = {
    FireKind.START_CAMPAIGN: _start_campaigns,
    FireKind.RETRY_ACTION: again.journal_due,
    FireKind.DEADLINE: deadlines.journal_due,
    FireKind.LOOK_BACK: deadlines.look_back,
    FireKind.OCCASION: series.handle,
    FireKind.STEP: stepping.handle,
    FireKind.TELL: later.journal_due,
}


def follow(here: Process) -> None:
    """Until told to stop, do what is due. A store that is away is waited for.

    In a thread of its own, so that a fire never waits for the sweeps, nor they for fires.
    """
    moment = Moment(here.rt.db)
    while not here.stopping.wait(LOOK_S):
        try:
            moment.look()
            strike(here.rt, moment.now, here.stopping.is_set)
        except StoreError:
            log.warning("fires wait: MongoDB does not answer")
            here.stopping.wait(_AWAY_S)


def strike(
    rt: Runtime,
    now: Callable[[], datetime],
    stop: Callable[[], bool] = lambda: False,
    handlers: Mapping[FireKind, Handler] = HANDLERS,
) -> int:
    """Do everything that is due; say how many fires that was.

    Comes back after a few seconds where more becomes due than is done: the time is looked up anew.
    Raises StoreError, with what was claimed and not settled left to its lease.
    """
    count = 0
    until = time.monotonic() + ROUND_S
    while not stop() and time.monotonic() < until:
        batch = fires.claim_batch(rt.db, now(), list(handlers), BATCH)
        if batch is None:
            break
        count += len(batch)
        _do(rt, batch, now, handlers)
    return count


def _do(
    rt: Runtime,
    batch: Sequence[Fire],
    now: Callable[[], datetime],
    handlers: Mapping[FireKind, Handler],
) -> None:
    by_kind: dict[FireKind, list[Fire]] = defaultdict(list)
    for fire in batch:
        by_kind[FireKind(fire["kind"])].append(fire)
    for kind, due in by_kind.items():
        later = _handled(rt, handlers[kind], due, now())
        fires.settle(rt.db, due, later)
        done = now()
        for fire in due:
            if fire["tries"] == 1:  # one that is tried again is late on purpose
                metrics.FIRE_LATE.observe(max(0.0, (done - fire["due_at"]).total_seconds()))
        metrics.FIRES.labels("done").inc(len(due) - len(later))


def _handled(
    rt: Runtime, handler: Handler, due: Sequence[Fire], now: datetime
) -> dict[str, datetime]:
    try:
        return handler(rt, due, now)
    except StoreError:
        raise
    except Exception:  # one that fails must not hold up the others
        if len(due) > 1:
            parts = [_handled(rt, handler, [fire], now) for fire in due]
            return {fire_id: at for part in parts for fire_id, at in part.items()}
        (fire,) = due
        log.exception("a fire failed", kind=fire["kind"], tries=fire["tries"])
        metrics.FIRES.labels("failed").inc()
        return {fire["_id"]: now + _RETRY * fire["tries"]}
