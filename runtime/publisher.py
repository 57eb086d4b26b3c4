"""Tell what this process counted: its new counts are added to everybody's in Redis every second.

While Redis is away they stay here and are told later; only a process that ends meanwhile takes
them along.
"""

import json
import os
import socket
import threading

from config import logs, metrics
from store import counters, queue
from store.redis import RedisClient, RedisDownError

INTERVAL_S = 1.0
WEB, CLOCK = "web", "clock"
KINDS = (WEB, *queue.QUEUES, CLOCK)  # a worker is named by its queue

log = logs.get(__name__)

# Of the registry, which is one for the process: two publishers must not tell the same twice.
_told: dict[str, float] = {}
_telling = threading.Lock()


def series(name: str, labels: dict[str, str]) -> str:
    """The field that holds a sample, from which `sample_of` makes it again. Pure.

    >>> sample_of(series("drumbeat_sends_total", {"outcome": "accepted"}))
    ('drumbeat_sends_total', {'outcome': 'accepted'})
    """
    return json.dumps([name, labels], separators=(",", ":"), sort_keys=True)


def sample_of(field: str) -> tuple[str, dict[str, str]]:
    """Name and labels of a field that `series` made. Pure."""
    name, labels = json.loads(field)
    return name, labels


def counted() -> dict[str, float]:
    """What this process has counted since it started."""
    return {
        series(sample.name, sample.labels): sample.value
        for family in metrics.REGISTRY.collect()
        for sample in family.samples
    }


class Publisher:
    """One a process. kind: what the process does, one of KINDS."""

    def __init__(self, redis: RedisClient, kind: str) -> None:
        self._script = counters.adder(redis)
        self._name = f"{kind}:{socket.gethostname()}:{os.getpid()}"
        self._stopped = threading.Event()

    def push(self) -> None:
        """Tell what is new since the last time. Raises RedisDownError, and tells it later."""
        with _telling:
            now = counted()
            new = {field: by for field, v in now.items() if (by := v - _told.get(field, 0.0))}
            counters.add(self._script, self._name, new)
            _told.update(now)

    def start(self) -> None:
        """Push every second from a thread of its own, after any fork."""
        threading.Thread(target=self._push_for_ever, name="publisher", daemon=True).start()

    def stop(self) -> None:
        """Push what is left, and no more."""
        self._stopped.set()
        self._try()

    def _push_for_ever(self) -> None:
        while not self._stopped.wait(INTERVAL_S):
            self._try()

    def _try(self) -> None:
        try:
            self.push()
        except RedisDownError:
            log.debug("counts are told when Redis is back")


def kind_of(process: str) -> str:
    """What a process that told of itself does. Pure.

    >>> kind_of("web:host:1")
    'web'
    """
    return process.split(":", 1)[0]
