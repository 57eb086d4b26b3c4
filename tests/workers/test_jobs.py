"""Wake-ups: few jobs, none forgotten, and nothing that a lost Redis could take along."""

import io
from datetime import timedelta
from typing import Any

import pytest
from rq import Queue

from contacts import handed_in
from contacts.imports import Source
from contacts.rows import FileKind
from events import drain as draining
from rules.books import Books
from runtime import Runtime
from store import inbox, queue
from store.documents.inbox import InboxKind
from store.mongo import StoreError
from tests.clock import eventually
from tests.makers import item
from workers import clock, jobs, process
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


def test_a_file_that_waits_is_swept_up_and_brought_in_by_its_own_job(here: Process) -> None:
    """The wake-up was lost: the clock finds the file, and the job that it calls for does it."""
    source = Source("page", "people.csv", "asha", 20)
    file = io.BytesIO(b"phone\n+919812345670\n")
    handed_in.hand_in(here.rt, FileKind.CSV, source, file, process.now())

    clock.tick(here, process.now())

    [job] = Queue(queue.IMPORTS, connection=here.rt.redis, serializer="json").jobs
    assert (job.func_name, job.timeout) == (queue.BRING_IN, 24 * 3600)
    assert jobs.bring_in() == 1
    assert here.rt.db.contacts.count_documents({}) == 1


def test_a_shard_where_a_person_waits_is_taken_before_those_of_a_campaign(rt: Runtime) -> None:
    queue.wake_shards(rt.redis, range(64), [42])

    assert queue.next_shard(rt.redis) == 42
    assert queue.shards_waiting(rt.redis) == 63


def test_a_shard_of_statuses_gives_way_to_one_where_a_person_waits(
    here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def drain(_rt: object, _books: object, shard: int, _at: object, stop: Any, _by: str) -> int:
        taken.append(shard)
        if len(taken) == 1:
            queue.wake_shards(here.rt.redis, [42], [42])
            eventually(stop, what="that the turn is over")
        return 0

    monkeypatch.setattr(draining, "drain", drain)
    queue.wake_shards(here.rt.redis, [3])

    jobs.drain()

    assert taken == [3, 42, 3], "what gave way is gone on with"


def test_whoever_waits_in_a_shard_that_gives_way_keeps_their_place(
    here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SLICE_S", 0.05)
    said = {**item("a", timedelta(0)), "kind": InboxKind.MESSAGE}
    inbox.journal(here.rt.db, [said])  # type: ignore[list-item]  # a TypedDict is made of parts here
    monkeypatch.setattr(draining, "drain", lambda *given: eventually(given[4]) and 0)
    queue.wake_shards(here.rt.redis, range(64), [7])

    jobs.drain()

    assert queue.next_shard(here.rt.redis) == 7


@pytest.mark.parametrize("error", [StoreError("no primary"), KeyError("what nobody foresaw")])
def test_what_goes_wrong_in_a_job_is_told_by_us_and_not_by_rq(
    here: Process, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_given: object) -> int:
        raise error

    monkeypatch.setattr(draining, "drain", fails)
    queue.wake_shards(here.rt.redis, [3])

    assert jobs.drain() == 0


def test_a_job_that_takes_too_long_is_rqs_to_end(
    here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(*_given: object) -> int:
        raise queue.JobTimeout

    monkeypatch.setattr(draining, "drain", hangs)
    queue.wake_shards(here.rt.redis, [3])

    with pytest.raises(queue.JobTimeout):
        jobs.drain()
