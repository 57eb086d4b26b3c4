"""Wake workers through RQ: few jobs, each saying only that there is work.

What is owed stands in MongoDB. A lost job, a lost wake-up or an emptied Redis costs the seconds
until the clock's next sweep; a job that runs twice finds nothing left to do.
"""

from collections.abc import Iterable

from rq import Queue
from rq.timeouts import JobTimeoutException as JobTimeout

from store.redis import RedisClient

EVENTS = "events"
SENDS = "sends"
QUEUES = (EVENTS, SENDS)

__all__ = [
    "EVENTS",
    "QUEUES",
    "SENDS",
    "JobTimeout",
    "awake",
    "depth",
    "wake_sender",
    "wake_shards",
]

DRAIN = "workers.jobs.drain"
SEND = "workers.jobs.send"

_JOB_TIMEOUT_S = 120
_GATE_MS = 5_000  # a wake-up that was lost with its worker blocks the next no longer than this


def wake_shards(redis: RedisClient, shards: Iterable[int]) -> None:
    """Have each shard drained. A shard whose drain waits in the queue is not queued again.

    The drain opens the gate when it starts (`awake`), so that an item journaled after its last
    look is not forgotten. Raises RedisDownError.
    """
    queue = Queue(EVENTS, connection=redis, serializer="json")
    for shard in shards:
        if redis.set(f"drumbeat:wake:{shard}", 1, nx=True, px=_GATE_MS):
            queue.enqueue(DRAIN, shard, job_timeout=_JOB_TIMEOUT_S, result_ttl=0, failure_ttl=3600)


def wake_sender(redis: RedisClient) -> None:
    """Have what is due sent. Raises RedisDownError."""
    if redis.set("drumbeat:wake:send", 1, nx=True, px=_GATE_MS):
        queue = Queue(SENDS, connection=redis, serializer="json")
        queue.enqueue(SEND, job_timeout=_JOB_TIMEOUT_S, result_ttl=0, failure_ttl=3600)


def awake(redis: RedisClient, what: int | str) -> None:
    """The job for this shard (or `send`) has started: a new wake-up queues a new job."""
    redis.delete(f"drumbeat:wake:{what}")


def depth(redis: RedisClient) -> dict[str, int]:
    """{queue: jobs waiting}. Raises RedisDownError."""
    return {name: Queue(name, connection=redis, serializer="json").count for name in QUEUES}
