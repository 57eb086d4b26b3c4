"""The RQ jobs. Each says only that there is work; what it is stands in MongoDB.

Any may be lost, or run twice, at the same time even: the rows decide.
"""

from config import logs
from deliveries import send as sending
from events import drain as draining
from store import queue
from store.redis import RedisDownError
from workers import process


def drain() -> int:
    """Handle the shards that wait, one after the other, until none does."""
    here = process.this()
    _awake(queue.EVENTS)
    handled = 0
    with logs.about(job_id=queue.current_job()):
        while not here.stopping.is_set() and (shard := _next_shard()) is not None:
            handled += draining.drain(here.rt, here.books, shard, process.now, here.stopping.is_set)
    return handled


def _next_shard() -> int | None:
    try:
        return queue.next_shard(process.this().rt.redis)
    except RedisDownError:
        return None  # the sweep will name the shards again


def send() -> int:
    """Send what is due."""
    here = process.this()
    _awake(queue.SENDS)
    with logs.about(job_id=queue.current_job()):
        return sending.send_due(here.rt, process.now, here.stopping.is_set)


def _awake(name: str) -> None:
    try:
        queue.awake(process.this().rt.redis, name)
    except RedisDownError:
        return  # the gate opens by itself after a few seconds
