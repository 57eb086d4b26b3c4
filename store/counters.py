"""The counts of all processes, added up in Redis, and which processes live.

A lost Redis is a counter that starts again at nought, which Prometheus expects. Nothing here grows:
there are as many fields as series, and processes that are gone are forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis.commands.core import Script

from store.redis import RedisClient

COUNTS = "drumbeat:counts"
PROCESSES = "drumbeat:processes"
_FORGET_S = 3_600

# Time is the server's, so that hosts whose clocks differ are seen alike.
_ADD = f"""
local now = tonumber(redis.call('TIME')[1])
for i = 2, #ARGV, 2 do
  redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], 0, now - {_FORGET_S})
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """counts: {series: value}. seen: {process: seconds since it last told of itself}."""

    counts: dict[str, float]
    seen: dict[str, float]


def adder(redis: RedisClient) -> Script:
    """The script that `add` runs; made once for a client."""
    return redis.register_script(_ADD)


def add(script: Script, process: str, counts: Mapping[str, float]) -> None:
    """Add `counts`, {series: by how much}, all or none, and note that `process` lives.

    Raises RedisDownError. An answer that is lost after they were added makes them count twice.
    """
    flat = [part for series, by in counts.items() for part in (series, repr(by))]
    script(keys=[COUNTS, PROCESSES], args=[process, *flat])


def standing(redis: RedisClient) -> Standing:
    """What all processes counted, and when each told of itself. Raises RedisDownError."""
    with redis.pipeline(transaction=False) as asked:
        asked.hgetall(COUNTS)
        asked.zrange(PROCESSES, 0, -1, withscores=True)
        asked.time()
        counts, processes, (now_s, _) = asked.execute()
    return Standing(
        {_text(series): float(value) for series, value in counts.items()},
        {_text(name): max(0.0, now_s - at) for name, at in processes},
    )


def _text(value: Any) -> str:
    return str(value, "utf-8") if isinstance(value, bytes) else str(value)
