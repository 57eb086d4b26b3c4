"""How many calls somebody made within this minute, counted for all web processes in Redis."""

import math
import time
from dataclasses import dataclass

from store.redis import RedisClient, RedisDownError

WINDOW_S = 60
_LEFT_ALONE_S = 5.0  # for so long Redis is not asked again after it did not answer


@dataclass(frozen=True, slots=True)
class Standing:
    """How much is left of a caller's minute. shared: counted for all processes, not this alone."""

    quota: int
    left: int
    resets_in_s: int
    shared: bool

    @property
    def exceeded(self) -> bool:
        return self.left < 0


class Limiter:
    """Counts calls by caller. Without Redis each process counts for itself, a quarter as many."""

    def __init__(self, redis: RedisClient, quota: int) -> None:
        self._redis = redis
        self._quota = quota
        self._asks_again_at = 0.0
        self._own: dict[str, int] = {}
        self._own_window = 0

    def count(self, caller: str, now_s: float) -> Standing:
        """One more call of this caller at `now_s`, unix time. Never raises."""
        window = int(now_s // WINDOW_S)
        resets_in_s = max(1, math.ceil((window + 1) * WINDOW_S - now_s))
        if time.monotonic() >= self._asks_again_at:
            try:
                return self._counted(self._shared(caller, window), resets_in_s, shared=True)
            except RedisDownError:
                self._asks_again_at = time.monotonic() + _LEFT_ALONE_S
        return self._counted(self._alone(caller, window), resets_in_s, shared=False)

    def _counted(self, calls: int, resets_in_s: int, *, shared: bool) -> Standing:
        quota = self._quota if shared else max(1, self._quota // 4)
        return Standing(quota, quota - calls, resets_in_s, shared)

    def _shared(self, caller: str, window: int) -> int:
        key = f"drumbeat:calls:{caller}:{window}"
        with self._redis.pipeline(transaction=False) as asked:
            asked.incr(key)
            asked.expire(key, 2 * WINDOW_S)
            calls, _ = asked.execute()
        return int(calls)

    def _alone(self, caller: str, window: int) -> int:
        if window != self._own_window:
            self._own, self._own_window = {}, window
        self._own[caller] = self._own.get(caller, 0) + 1
        return self._own[caller]
