"""Have the touched shards drained, without ever keeping Meta waiting for Redis."""

import threading

from config import logs
from store import queue
from store.redis import RedisClient, RedisDownError

_PAUSE_S = 2.0

log = logs.get(__name__)


class Waker:
    """Wakes through RQ, in a thread of its own that starts with the first need.

    While Redis is away it is left alone for two seconds at a time, and what was not woken is
    forgotten: the clock's sweep finds it.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._shards: set[int] = set()
        self._urgent: set[int] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def __call__(self, shards: set[int], urgent: set[int]) -> None:
        """Have `shards` woken soon, those first in which a person waits for an answer (`urgent`);
        returns at once and raises nothing."""
        with self._condition:
            self._shards |= shards
            self._urgent |= urgent
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._wake_for_ever, daemon=True)
                self._thread.start()
            self._condition.notify()

    def _wake_for_ever(self) -> None:
        while True:
            with self._condition:
                while not self._shards:
                    self._condition.wait()
                shards, self._shards = self._shards, set()
                urgent, self._urgent = self._urgent, set()
            try:
                queue.wake_shards(self._redis, shards, urgent)
            except RedisDownError:
                log.warning("Redis does not answer; the sweep will wake the workers")
                threading.Event().wait(_PAUSE_S)
