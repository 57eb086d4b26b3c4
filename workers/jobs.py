"""The RQ jobs. Each says only that there is work; what it is stands in MongoDB.

Any may be lost, or run twice, at the same time even: the rows decide. A job that has much to do
leaves after a slice and calls its successor, long before RQ would interrupt it in mid-event.
"""

import time
from collections.abc import Callable, Iterable

from campaigns import launch as launching
from config import logs
from deliveries import send as sending
from events import drain as draining
from store import queue
from store.redis import RedisDownError
from workers import process

SLICE_S = 45.0


def drain() -> int:
    """Handle the shards that wait, one after the other, until none does."""
    here = process.this()
    _awake(queue.EVENTS)
    leave = _leaving()
    handled = 0
    with logs.about(job_id=queue.current_job()):
        while not leave() and (shard := _next_shard()) is not None:
            handled += draining.drain(here.rt, here.books, shard, process.now, leave)
            if leave():
                _wake_shards([shard])  # perhaps not done with it
    return handled


def send() -> int:
    """Send what is due."""
    here = process.this()
    _awake(queue.SENDS)
    leave = _leaving()
    with logs.about(job_id=queue.current_job()):
        sent = sending.send_due(here.rt, process.now, leave)
    if leave():
        _wake_sender()
    return sent


def launch() -> int:
    """Write down the audiences of the runs that are due, and have them sent meanwhile."""
    here = process.this()
    _awake(queue.LAUNCHES)
    leave = _leaving()
    with logs.about(job_id=queue.current_job()):
        planned = launching.launch_due(here.rt, process.now, leave)
    if planned:
        _wake_sender()
    if leave():
        _wake_launcher()
    return planned


def _leaving() -> Callable[[], bool]:
    """Whether the job should leave: its slice is over, or its worker is to stop."""
    ends = time.monotonic() + SLICE_S
    stopping = process.this().stopping
    return lambda: stopping.is_set() or time.monotonic() > ends


# Without Redis there are no jobs; when it is back, the sweep names what waits.


def _next_shard() -> int | None:
    try:
        return queue.next_shard(process.this().rt.redis)
    except RedisDownError:
        return None


def _wake_shards(shards: Iterable[int]) -> None:
    try:
        queue.wake_shards(process.this().rt.redis, shards)
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
