"""Have the touched shards drained, without ever keeping Meta waiting for Redis."""

import time

from config import logs
from store import queue
from store.redis import RedisClient, RedisDownError

_PAUSE_S = 2.0

log = logs.get(__name__)


class Waker:
    """Wakes through RQ. While Redis is away it is left alone for two seconds at a time: the
    clock's sweep finds what was not woken."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._rest_until = 0.0

    def __call__(self, shards: set[int]) -> None:
        """Wake `shards`; raises nothing."""
        if time.monotonic() < self._rest_until:
            return
        try:
            queue.wake_shards(self._redis, shards)
        except RedisDownError:
            self._rest_until = time.monotonic() + _PAUSE_S
            log.warning("Redis does not answer; the sweep will wake the workers")
