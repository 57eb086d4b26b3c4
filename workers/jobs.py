"""The RQ jobs. Each says only that there is work; what it is stands in MongoDB.

Any may be lost, or run twice, at the same time even: the rows decide. A job that has much to do
leaves after a slice and calls its successor, long before RQ would interrupt it in mid-event.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context

from campaigns import intake
from campaigns import launch as launching
from config import logs
from contacts import handed_in
from deliveries import send as sending
from events import drain as draining
from events import notify as notifying
from events import subscribers
from store import inbox, queue
from store.mongo import StoreError
from store.redis import RedisDownError
from workers import process, pulse

SLICE_S = 45.0
# While one thread waits for MongoDB, others compute: measured, more gain nothing.
HELPERS = 2
# Long enough for something to be done in it, short enough for a person to wait.
TURN_S = 0.05

log = logs.get(__name__)


def drain() -> int:
    """Handle the shards that wait until none does, several at once where several wait."""
    here = process.this()
    _awake(queue.EVENTS)
    leave = _leaving()
    helpers: list[Future[int]] = []
    with (
        logs.about(job_id=queue.current_job()),
        ThreadPoolExecutor(HELPERS, thread_name_prefix="drain") as crew,
    ):

        def call_helper() -> None:
            if len(helpers) < HELPERS and _shards_waiting():
                place = len(helpers) + 1
                helpers.append(crew.submit(copy_context().run, _drain, here, leave, place))

        handled = _drain(here, leave, 0, call_helper)
    return handled + sum(helper.result() for helper in helpers)


def _drain(
    here: process.Process,
    leave: Callable[[], bool],
    place: int,
    call_helper: Callable[[], None] = lambda: None,
) -> int:
    """One thread's part of it."""

    def stop() -> bool:
        pulse.step()
        return leave()

    handled = 0
    with here.at_work(place), _unfailing():
        while not stop() and (shard := _next_shard()) is not None:
            call_helper()
            turn = _Turn(stop)
            handled += draining.drain(
                here.rt, here.books, shard, process.now, turn.is_over, here.name
            )
            if turn.ended:  # perhaps not done with it
                _wake_shards([shard], inbox.said_in(here.rt.db, [shard]))
    return handled


class _Turn:
    """How long one shard is drained. ended: whether it was told to end, by whatever cause.

    A shard with nothing but statuses, of which a campaign brings as many as are handled, gives way
    to one in which a person waits for an answer.
    """

    def __init__(self, stop: Callable[[], bool]) -> None:
        self._stop = stop
        self._gives_way_at = time.monotonic() + TURN_S
        self.ended = False

    def is_over(self) -> bool:
        self.ended = self._stop() or (time.monotonic() > self._gives_way_at and _somebody_waits())
        return self.ended


def send() -> int:
    """Send what is due."""
    here = process.this()
    _awake(queue.SENDS)
    leave = _leaving()
    sent = 0
    with logs.about(job_id=queue.current_job()), _unfailing():
        sent = sending.send_due(here.rt, process.now, leave)
    if leave():
        _wake_sender()
    return sent


def launch() -> int:
    """Enrol the segments of drips, and write down the audiences of the runs that are due; have
    these sent meanwhile."""
    here = process.this()
    _awake(queue.LAUNCHES)
    leave = _leaving()
    planned = 0
    with logs.about(job_id=queue.current_job()), _unfailing():
        intake.take_in_due(here.rt, process.now, leave)
        planned = launching.launch_due(here.rt, process.now, leave)
    if planned:
        _wake_sender()
    if leave():
        _wake_launcher()
    return planned


def notify() -> int:
    """Tell other systems what they are owed. Their answers may take a while: half a slice."""
    here = process.this()
    _awake(queue.NOTICES)
    leave = _leaving(0.5)
    told = 0
    with logs.about(job_id=queue.current_job()), _unfailing():
        told += notifying.post_due(here.rt, process.now, leave)
        told += subscribers.tell_due(here.rt, process.now, leave)
    return told


def bring_in() -> int:
    """Bring in the files of contacts that wait, however long it takes; a worker that is to stop
    leaves between two batches."""
    here = process.this()
    _awake(queue.IMPORTS)
    done = 0
    with logs.about(job_id=queue.current_job()), _unfailing():
        done += handed_in.bring_in_due(here.rt, process.now, here.stopping.is_set)
    return done


def _leaving(share: float = 1.0) -> Callable[[], bool]:
    """Whether the job should leave: its slice, or this share of it, is over, or its worker is
    to stop."""
    ends = time.monotonic() + SLICE_S * share
    stopping = process.this().stopping
    return lambda: stopping.is_set() or time.monotonic() > ends


@contextmanager
def _unfailing() -> Iterator[None]:
    """Nothing is lost by leaving a job: the clock's sweep calls again. RQ would keep it as failed,
    and log what was in hand with it."""
    try:
        yield
    except StoreError:
        log.warning("MongoDB does not answer; the sweep calls again")
    except queue.JobTimeout:
        raise
    except Exception:
        log.exception("a job failed; the sweep calls again")


# Without Redis there are no jobs; when it is back, the sweep names what waits.


def _next_shard() -> int | None:
    try:
        return queue.next_shard(process.this().rt.redis)
    except RedisDownError:
        return None


def _shards_waiting() -> bool:
    try:
        return queue.shards_waiting(process.this().rt.redis) > 0
    except RedisDownError:
        return False


def _somebody_waits() -> bool:
    try:
        return queue.somebody_waits(process.this().rt.redis)
    except RedisDownError:
        return False


def _wake_shards(shards: Iterable[int], urgent: Collection[int]) -> None:
    try:
        queue.wake_shards(process.this().rt.redis, shards, urgent)
    except RedisDownError:
        return


def _wake_sender() -> None:
    try:
        queue.wake_sender(process.this().rt.redis)
    except RedisDownError:
        return


def _wake_launcher() -> None:
    try:
        queue.wake_launcher(process.this().rt.redis)
    except RedisDownError:
        return


def _awake(name: str) -> None:
    try:
        queue.awake(process.this().rt.redis, name)
    except RedisDownError:
        return
