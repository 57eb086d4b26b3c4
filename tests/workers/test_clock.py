"""The clock finds what was journaled or claimed and never finished, and prepares a first start."""

from datetime import timedelta

import pytest

from rules.books import Books
from runtime import Runtime
from store import inbox, queue, rule_versions, sessions
from store.mongo import StoreError
from tests.makers import item
from tests.workers.test_jobs import waiting
from workers import clock, process
from workers.process import Process


@pytest.fixture
def here(rt: Runtime) -> Process:
    return Process(rt, Books(rt.settings))


def test_a_row_nobody_was_woken_for_is_swept_up(here: Process) -> None:
    inbox.journal(here.rt.db, [item("a", timedelta(seconds=5))])

    clock.tick(here, process.now())

    assert waiting(here.rt) == 1
    assert queue.next_shard(here.rt.redis) == 7


def test_a_row_that_has_just_come_is_left_to_whoever_journaled_it(here: Process) -> None:
    inbox.journal(here.rt.db, [item("a", timedelta(0))])

    clock.tick(here, process.now())

    assert waiting(here.rt) == 0


def test_the_sweep_survives_an_emptied_redis(here: Process) -> None:
    inbox.journal(here.rt.db, [item("a", timedelta(seconds=5))])
    clock.tick(here, process.now())
    here.rt.redis.flushall()

    clock.tick(here, process.now())

    assert waiting(here.rt) == 1


def test_a_first_start_publishes_the_folders_rules_once(here: Process) -> None:
    clock.prepare(here)
    clock.prepare(here)

    version = rule_versions.latest(here.rt.db)
    assert version is not None
    assert (version["_id"], version["published_by"]) == (1, "first start")


def test_a_transaction_of_a_dead_process_is_ended_beside_the_ticks(
    here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []

    def look(db: object) -> int:
        looks.append(db)
        if len(looks) == 1:
            raise StoreError("not the primary")
        here.stopping.set()
        return 1

    monkeypatch.setattr(sessions, "end_abandoned", look)
    monkeypatch.setattr(clock, "TICK_S", 0.0)
    monkeypatch.setattr(clock, "LOOK_AGAIN_S", 0.0)

    clock.end_abandoned(here)

    assert len(looks) == 2, "a store that is away is asked again"
