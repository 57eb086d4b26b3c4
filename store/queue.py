"""Wake workers through RQ: few jobs, each saying only that there is work.

What is owed stands in MongoDB. A lost job, a lost wake-up or an emptied Redis costs the seconds
until the clock's next sweep; a job that runs twice finds nothing left to do.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rq import Queue, Worker, get_current_job
from rq.timeouts import JobTimeoutException as JobTimeout

from store.redis import RedisClient

EVENTS = "events"
SENDS = "sends"
LAUNCHES = "launches"
NOTICES = "notices"
IMPORTS = "imports"
QUEUES = (EVENTS, SENDS, LAUNCHES, NOTICES, IMPORTS)

__all__ = [
    "EVENTS",
    "IMPORTS",
    "LAUNCHES",
    "NOTICES",
    "QUEUES",
    "SENDS",
    "JobTimeout",
    "QueueState",
    "awake",
    "current_job",
    "depth",
    "next_shard",
    "registries",
    "shards_waiting",
    "somebody_waits",
    "wake_importer",
    "wake_launcher",
    "wake_notifier",
    "wake_sender",
    "wake_shards",
]

DRAIN = "workers.jobs.drain"
SEND = "workers.jobs.send"
LAUNCH = "workers.jobs.launch"
NOTIFY = "workers.jobs.notify"
BRING_IN = "workers.jobs.bring_in"

_WAITING = "drumbeat:shards"
_URGENT = "drumbeat:shards:urgent"  # where a person waits for an answer
_JOB_TIMEOUT_S = 120
_IMPORT_TIMEOUT_S = 24 * 3600  # it leaves by itself: another would read what is written over again
_GATE_MS = 5_000  # a wake-up that was lost with its worker blocks the next no longer than this


def wake_shards(redis: RedisClient, shards: Iterable[int], urgent: Collection[int] = ()) -> None:
    """Have these shards drained: they join the set that drains take from, and a drain is queued
    unless one waits already. urgent: those of them in which a person said something; they are
    taken before the others. Raises RedisDownError."""
    ordinary = set(shards).difference(urgent)
    if ordinary:
        redis.sadd(_WAITING, *ordinary)
    if urgent:
        redis.sadd(_URGENT, *urgent)
    _queue_once(redis, EVENTS, DRAIN)


def next_shard(redis: RedisClient) -> int | None:
    """A shard to drain, taken from the sets; None where none waits. Raises RedisDownError.

    While others wait too, another worker is called to help.
    """
    taken = redis.spop(_URGENT)
    if taken is None:
        taken = redis.spop(_WAITING)
    if taken is None:
        return None
    if shards_waiting(redis):
        _queue_once(redis, EVENTS, DRAIN)
    return int(str(taken, "ascii") if isinstance(taken, bytes) else str(taken))


def somebody_waits(redis: RedisClient) -> bool:
    """Whether a shard in which a person waits for an answer waits for a worker.

    Raises RedisDownError.
    """
    return bool(redis.exists(_URGENT))


def wake_sender(redis: RedisClient) -> None:
    """Have what is due sent. Raises RedisDownError."""
    _queue_once(redis, SENDS, SEND)


def wake_launcher(redis: RedisClient) -> None:
    """Have the audiences of due runs written down. Raises RedisDownError."""
    _queue_once(redis, LAUNCHES, LAUNCH)


def wake_importer(redis: RedisClient) -> None:
    """Have the files of contacts that wait brought in. Raises RedisDownError."""
    _queue_once(redis, IMPORTS, BRING_IN, _IMPORT_TIMEOUT_S)


def wake_notifier(redis: RedisClient) -> None:
    """Have other systems told what they are owed. Raises RedisDownError."""
    _queue_once(redis, NOTICES, NOTIFY)


def awake(redis: RedisClient, queue: str) -> None:
    """A job of this queue has started: from now on a new wake-up queues a new one, so that what
    came after the job's last look is not forgotten. Raises RedisDownError."""
    redis.delete(f"drumbeat:wake:{queue}")


def _queue_once(redis: RedisClient, name: str, job: str, timeout_s: int = _JOB_TIMEOUT_S) -> None:
    if redis.set(f"drumbeat:wake:{name}", 1, nx=True, px=_GATE_MS):
        queue = Queue(name, connection=redis, serializer="json")
        queue.enqueue(job, job_timeout=timeout_s, result_ttl=0, failure_ttl=3600)


def current_job() -> str:
    """The id of the job that runs in this process; empty outside of one."""
    job = get_current_job()
    return str(job.id) if job else ""


def shards_waiting(redis: RedisClient) -> int:
    """How many shards wait to be drained. Raises RedisDownError."""
    return int(redis.scard(_WAITING)) + int(redis.scard(_URGENT))


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue as RQ's own registries know it."""

    queue: str
    waiting: int
    started: int
    failed: int
    workers: int


def registries(redis: RedisClient) -> list[QueueState]:
    """Each queue: jobs waiting, under way and failed, and its workers. Raises RedisDownError."""
    found = []
    for name in QUEUES:
        queue = Queue(name, connection=redis, serializer="json")
        started, failed = queue.started_job_registry.count, queue.failed_job_registry.count
        workers = Worker.count(queue=queue)
        found.append(QueueState(name, queue.count, started, failed, workers))
    return found


def depth(redis: RedisClient) -> dict[str, int]:
    """{queue: jobs waiting}. Raises RedisDownError."""
    return {name: Queue(name, connection=redis, serializer="json").count for name in QUEUES}
