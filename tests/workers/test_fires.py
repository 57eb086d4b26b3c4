"""What is due is done once, in batches, by any number of clocks; one may die, or be wrong."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from runtime import Runtime
from store import fires
from store.documents.fire import Fire, FireKind
from store.mongo import StoreError
from tests.clock import NOW
from workers.fires import BATCH, Handler, strike

KINDS = [FireKind.STEP, FireKind.RETRY_ACTION]
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def fire(number: int, kind: FireKind = FireKind.STEP, due_at: datetime = NOW) -> Fire:
    return {
        "_id": f"{kind}:{number}", "kind": kind, "subject": {}, "due_at": due_at, "version": 1,
        "lease": None, "tries": 0,
    }  # fmt: skip


class Bells:
    """Handlers that count what they are handed."""

    def __init__(self) -> None:
        self.rung: Counter[str] = Counter()
        self.sizes: list[int] = []
        self.again: dict[str, datetime] = {}
        self.breaks: set[str] = set()

    def ring(self, _rt: Runtime, due: Sequence[Fire], _now: datetime) -> dict[str, datetime]:
        if self.breaks & {one["_id"] for one in due}:
            raise ValueError("this one is broken")
        self.rung.update(one["_id"] for one in due)
        self.sizes.append(len(due))
        return {one["_id"]: self.again[one["_id"]] for one in due if one["_id"] in self.again}

    def handlers(self) -> dict[FireKind, Handler]:
        return dict.fromkeys(KINDS, self.ring)


@pytest.fixture
def bells() -> Bells:
    return Bells()


def left(rt: Runtime) -> list[dict[str, Any]]:
    return list(rt.db.fires.find().sort("_id"))


def at(rt: Runtime, bells: Bells, now: datetime) -> int:
    return strike(rt, lambda: now, handlers=bells.handlers())


def test_everything_due_is_done_in_batches_and_nothing_that_is_not(
    rt: Runtime, bells: Bells
) -> None:
    count = 2 * BATCH + 1
    fires.schedule(rt.db, [fire(n) for n in range(count)])
    fires.schedule(rt.db, [fire(1, FireKind.RETRY_ACTION), fire(2, FireKind.NOTIFY)])
    fires.schedule(rt.db, [fire(9999, due_at=NOW + SECOND)])

    assert at(rt, bells, NOW) == count + 1

    assert set(bells.rung.values()) == {1}
    assert len(bells.sizes) <= 4, "each batch was handed over whole, kind by kind"
    assert [one["_id"] for one in left(rt)] == ["notify:2", "step:9999"]


def test_what_is_not_done_comes_again_when_its_handler_says(rt: Runtime, bells: Bells) -> None:
    fires.schedule(rt.db, [fire(1), fire(2)])
    bells.again = {"step:1": NOW + HOUR}

    at(rt, bells, NOW)

    (waiting,) = left(rt)
    assert (waiting["_id"], waiting["due_at"], waiting["lease"]) == ("step:1", NOW + HOUR, None)
    at(rt, bells, NOW + HOUR - SECOND)
    assert bells.rung["step:1"] == 1
    bells.again = {}
    at(rt, bells, NOW + HOUR)
    assert bells.rung["step:1"] == 2
    assert left(rt) == []


def test_one_that_fails_is_tried_again_later_and_alone(rt: Runtime, bells: Bells) -> None:
    fires.schedule(rt.db, [fire(n) for n in range(5)])
    bells.breaks = {"step:3"}

    at(rt, bells, NOW)

    (waiting,) = left(rt)
    assert (waiting["_id"], waiting["due_at"] > NOW, waiting["tries"]) == ("step:3", True, 1)
    assert bells.rung == {f"step:{n}": 1 for n in (0, 1, 2, 4)}


def test_many_clocks_do_each_fire_once(rt: Runtime, bells: Bells) -> None:
    fires.schedule(rt.db, [fire(n) for n in range(5 * BATCH)])
    clocks = [threading.Thread(target=at, args=(rt, bells, NOW)) for _ in range(4)]
    for one in clocks:
        one.start()
    for one in clocks:
        one.join()

    assert len(bells.rung) == 5 * BATCH
    assert set(bells.rung.values()) == {1}
    assert left(rt) == []


def test_a_clock_that_died_is_followed_after_its_lease(rt: Runtime, bells: Bells) -> None:
    fires.schedule(rt.db, [fire(n) for n in range(3)])
    dead = fires.claim_batch(rt.db, NOW, KINDS, BATCH)
    assert dead is not None

    at(rt, bells, NOW + fires.BATCH_LEASE)
    assert not bells.rung
    at(rt, bells, NOW + fires.BATCH_LEASE + SECOND)

    assert set(bells.rung.values()) == {1}
    fires.schedule(rt.db, [fire(0)])
    fires.settle(rt.db, dead, {})
    assert len(left(rt)) == 1, "a dead clock's word counts no more"


def test_a_store_that_goes_away_leaves_the_batch_to_the_next(rt: Runtime, bells: Bells) -> None:
    fires.schedule(rt.db, [fire(1)])

    def away(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
        raise StoreError("gone")

    with pytest.raises(StoreError):
        strike(rt, lambda: NOW, handlers={FireKind.STEP: away})
    at(rt, bells, NOW + fires.BATCH_LEASE + SECOND)

    assert bells.rung == {"step:1": 1}


def test_nobody_waits_for_the_lease_of_a_clock_that_was_an_hour_ahead(
    rt: Runtime, bells: Bells
) -> None:
    fires.schedule(rt.db, [fire(1)])
    assert fires.claim_batch(rt.db, NOW + HOUR, KINDS, BATCH)  # and then it died

    at(rt, bells, NOW + SECOND)

    assert bells.rung == {"step:1": 1}
    assert left(rt) == []


def test_an_hour_back_and_forth_fires_nothing_twice(rt: Runtime, bells: Bells) -> None:
    fires.schedule(rt.db, [fire(n, due_at=NOW + n * timedelta(minutes=1)) for n in range(120)])
    for minutes in (0, 60, 1, 61, 30, 119, 0, 119):
        at(rt, bells, NOW + timedelta(minutes=minutes))

    assert len(bells.rung) == 120
    assert set(bells.rung.values()) == {1}


def test_a_round_ends_when_it_is_told_to(rt: Runtime, bells: Bells) -> None:
    fires.schedule(rt.db, [fire(n) for n in range(3 * BATCH)])

    strike(rt, lambda: NOW, stop=lambda: bool(bells.rung), handlers=bells.handlers())

    assert len(bells.rung) == BATCH
