"""Wake-ups: few jobs, none forgotten, and nothing that a lost Redis could take along."""

import pytest
from rq import Queue

from rules.books import Books
from runtime import Runtime
from store import queue
from workers import jobs, process
from workers.process import Process


@pytest.fixture
def here(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> Process:
    """This test's process in the worker's place."""
    one = Process(rt, Books(rt.settings))
    monkeypatch.setattr(process, "this", lambda: one)
    return one


def waiting(rt: Runtime) -> int:
    return int(Queue(queue.EVENTS, connection=rt.redis, serializer="json").count)


def test_a_thousand_wake_ups_queue_one_job(rt: Runtime) -> None:
    for _ in range(1000):
        queue.wake_shards(rt.redis, [3, 4])

    assert waiting(rt) == 1


def test_what_comes_after_a_job_has_started_queues_the_next(rt: Runtime) -> None:
    queue.wake_shards(rt.redis, [3])
    queue.awake(rt.redis, queue.EVENTS)  # the job starts
    queue.wake_shards(rt.redis, [3])

    assert waiting(rt) == 2


def test_a_job_takes_every_shard_that_waits(here: Process) -> None:
    queue.wake_shards(here.rt.redis, [3, 4, 5])

    assert jobs.drain() == 0  # nothing was journaled in them
    assert queue.next_shard(here.rt.redis) is None


def test_a_second_worker_is_called_while_others_wait(rt: Runtime) -> None:
    queue.wake_shards(rt.redis, [3, 4, 5])
    queue.awake(rt.redis, queue.EVENTS)

    assert queue.next_shard(rt.redis) in (3, 4, 5)
    assert waiting(rt) == 2


def test_jobs_that_run_for_nothing_do_nothing(here: Process) -> None:
    assert jobs.drain() == 0
    assert jobs.send() == 0
    assert jobs.launch() == 0


def test_a_wake_up_that_was_lost_blocks_the_next_for_seconds_only(rt: Runtime) -> None:
    queue.wake_shards(rt.redis, [3])

    assert 0 < int(rt.redis.pttl("drumbeat:wake:events")) <= 5_000


def test_a_job_leaves_after_its_slice_and_calls_its_successor(
    here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SLICE_S", -1.0)
    queue.wake_shards(here.rt.redis, [3])
    before = waiting(here.rt)

    jobs.send()

    sends = Queue(queue.SENDS, connection=here.rt.redis, serializer="json")
    assert sends.count == 1
    assert waiting(here.rt) == before
    assert jobs.drain() == 0
    assert queue.next_shard(here.rt.redis) == 3, "nothing was taken that could not be handled"
