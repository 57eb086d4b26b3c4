"""The worker process: RQ's, told what we need of it."""

import logging

import pytest

from config.settings import Settings
from store import queue
from store.redis import RedisClient, RedisDownError
from workers import worker


def record(message: str, *, error: Exception | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error is not None else None
    return logging.LogRecord("rq.worker", logging.ERROR, "", 0, message, (), info)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            record("quitting...", error=RedisDownError("down")),
            "Redis does not answer; trying again",
        ),
        (
            record(
                "job 1: exception raised\nTraceback (most recent call last):\n  File\nrq.Lost: 1"
            ),
            "job 1: exception raised: rq.Lost: 1",
        ),
        (record("job 1: done"), "job 1: done"),
    ],
)
def test_rq_says_in_one_line_that_redis_is_away(told: logging.LogRecord, line: str) -> None:
    assert worker.one_line(told)

    assert told.getMessage() == line
    assert told.exc_info is None


def test_an_error_that_is_not_of_redis_keeps_where_it_was(settings: Settings) -> None:
    told = record("quitting...", error=KeyError("x"))
    worker.one_line(told)

    assert told.exc_info is not None


def test_an_idle_worker_looks_for_abandoned_jobs_every_half_minute(
    settings: Settings, red: RedisClient
) -> None:
    made = worker.DrumbeatWorker(queue.EVENTS, settings)

    assert made.queue_names() == [queue.EVENTS], "on two queues it could lose a job"
    assert made.dequeue_timeout <= 30
    assert made.maintenance_interval <= 30
    assert made.max_connection_wait_time <= 5
