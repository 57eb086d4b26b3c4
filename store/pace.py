"""How fast one phone number may send: a token bucket that every worker shares, in Redis.

Meta counts per phone number, 80 messages a second unless it was raised; past that it answers
130429. After such an answer the rate is halved and recovers by a tenth every ten seconds.
Source: https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput
"""

import time

from redis.commands.core import Script

from store.redis import RedisClient, RedisDownError

# Time is the server's, so that workers whose clocks differ share one bucket.
_TAKE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'rate', 'slowed_at')
local full = tonumber(ARGV[1])
local wanted = tonumber(ARGV[2])
local slowed = tonumber(ARGV[3])
local rate = tonumber(bucket[3]) or full
local slowed_at = tonumber(bucket[4]) or 0
if slowed == 1 and now - slowed_at > 1 then
  rate = math.max(1, rate / 2)
  slowed_at = now
elseif rate < full and now - slowed_at >= 10 then
  rate = math.min(full, rate * 1.1 ^ math.floor((now - slowed_at) / 10))
  slowed_at = now
end
local burst = math.max(1, rate)
local gained = (now - (tonumber(bucket[2]) or now)) * rate
local tokens = math.min(burst, (tonumber(bucket[1]) or burst) + gained)
local granted = math.max(0, math.min(wanted, math.floor(tokens)))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now, 'rate', rate, 'slowed_at', slowed_at)
redis.call('EXPIRE', KEYS[1], 3600)
local wait = 0
if granted < wanted then wait = (1 - (tokens - math.floor(tokens))) / rate end
return {granted, tostring(wait)}
"""


class Pace:
    """Tokens for one phone number. Without Redis a process gives itself a quarter of the rate."""

    def __init__(self, redis: RedisClient, phone_number_id: str, per_s: int) -> None:
        self._redis = redis
        self._script: Script = redis.register_script(_TAKE)
        self._key = f"drumbeat:pace:{phone_number_id}"
        self._per_s = per_s
        self._own_rate = max(1.0, per_s / 4)
        self._own_tokens = self._own_rate
        self._own_at = time.monotonic()

    def take(self, wanted: int) -> tuple[int, float]:
        """(tokens granted, seconds until the next one may be had); at most `wanted` are granted."""
        return self._call(wanted, slowed=False)

    def standing(self) -> tuple[float, float]:
        """(tokens left now, tokens gained a second). Changes nothing. Raises RedisDownError."""
        with self._redis.pipeline(transaction=False) as asked:
            asked.hmget(self._key, "tokens", "at", "rate")
            asked.time()
            (tokens, at, rate), (now_s, now_us) = asked.execute()
        per_s = float(rate or self._per_s)
        gained = max(0.0, now_s + now_us / 1_000_000 - float(at)) * per_s if at else per_s
        return min(max(1.0, per_s), float(tokens or 0) + gained), per_s

    def slow_down(self) -> None:
        """Meta said that we are too fast. Many answers within a second count as one."""
        self._call(0, slowed=True)

    def _call(self, wanted: int, *, slowed: bool) -> tuple[int, float]:
        try:
            granted, wait = self._script(keys=[self._key], args=[self._per_s, wanted, int(slowed)])
        except RedisDownError:
            return self._take_own(wanted)
        return int(granted), float(wait)

    def _take_own(self, wanted: int) -> tuple[int, float]:
        now = time.monotonic()
        self._own_tokens = min(
            self._own_rate, self._own_tokens + (now - self._own_at) * self._own_rate
        )
        self._own_at = now
        granted = min(wanted, int(self._own_tokens))
        self._own_tokens -= granted
        return granted, 0.0 if granted == wanted else 1 / self._own_rate
