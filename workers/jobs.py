"""The RQ jobs. Each says only that there is work; what it is stands in MongoDB.

Any may be lost, or run twice, at the same time even: the rows decide.
"""

from deliveries import send as sending
from events import drain as draining
from store import queue
from store.redis import RedisDownError
from workers import process


def drain(shard: int) -> int:
    """Handle what waits in a shard."""
    here = process.this()
    _awake(shard)
    return draining.drain(here.rt, here.books, shard, process.now, here.stopping.is_set)


def send() -> int:
    """Send what is due."""
    here = process.this()
    _awake("send")
    return sending.send_due(here.rt, process.now, here.stopping.is_set)


def _awake(what: int | str) -> None:
    try:
        queue.awake(process.this().rt.redis, what)
    except RedisDownError:
        return  # the gate opens by itself after a few seconds
