"""Reach Redis: queues and pace live there, and nothing that could not be made anew."""

from redis import Redis
from redis.exceptions import RedisError

RedisClient = Redis
RedisDownError = RedisError


def connect(url: str, *, timeout_s: float = 2.0) -> RedisClient:
    """A client for `url`; connects when first used.

    timeout_s: for connecting and for one answer; a blocking read of RQ's sets its own.
    """
    return Redis.from_url(
        url, socket_connect_timeout=timeout_s, socket_timeout=timeout_s, health_check_interval=30
    )


def connect_for_worker(url: str) -> RedisClient:
    """A client for an RQ worker, which waits on an empty queue for longer than any time-out."""
    return Redis.from_url(url, socket_connect_timeout=2.0, health_check_interval=30)


def ping(redis: RedisClient) -> None:
    """Raise RedisDownError where the server does not answer."""
    redis.ping()
