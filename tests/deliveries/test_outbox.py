"""Owed once, counted once, moved once, whoever asks at the same time."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from bson import ObjectId

from deliveries import outbox
from deliveries.status import fold
from reports import verify
from store import deliveries, due, mongo
from store.deliveries import Move
from store.documents.campaign import Run
from store.documents.contact import Contact
from store.documents.delivery import DeliveryStatus
from tests.clock import NOW
from tests.makers import make_contact, order
from tests.reports import rows
from whatsapp.inbound import StatusReport

T = TypeVar("T")


@pytest.fixture
def run(db: mongo.Db) -> Run:
    rows.campaign(db)
    return rows.run(db)


@pytest.fixture
def chen(db: mongo.Db) -> Contact:
    return make_contact(db, "6591234567", name="Chen")


def at_once(threads: int, work: Callable[[int], T]) -> list[T]:
    """`work` in so many threads, all let go at the same moment."""
    gate = threading.Barrier(threads)

    def one(n: int) -> T:
        gate.wait()
        return work(n)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def counters(db: mongo.Db, run: Run) -> dict[str, int]:
    row = mongo.runs(db).find_one({"_id": run["_id"]})
    assert row is not None
    return {status: count for status, count in row["counters"].items() if count}


def test_eight_who_ask_at_once_owe_one_message_and_count_it_once(
    db: mongo.Db, run: Run, chen: Contact
) -> None:
    owed = order(chen, campaign="diwali_offer", run_id=run["_id"])

    made = at_once(8, lambda _: outbox.owe(db, owed, NOW))

    assert [new for _, new in made].count(True) == 1
    assert len({row["_id"] for row, _ in made}) == 1, "everybody is told of the row that stands"
    assert counters(db, run) == {"pending": 1}
    assert verify.problems(db) == []


def test_a_refusal_is_kept_and_counted_once(db: mongo.Db, run: Run, chen: Contact) -> None:
    owed = order(chen, campaign="diwali_offer", run_id=run["_id"])

    at_once(8, lambda _: outbox.refuse(db, owed, "missing_variable", NOW))

    row = mongo.runs(db).find_one({"_id": run["_id"]})
    assert row is not None
    assert row["counters"] == {"skipped": 1}
    assert row["tallies"] == {"skipped": {"missing_variable": 1}}
    assert verify.problems(db) == []


def test_what_stands_is_not_changed_by_asking_again(db: mongo.Db, chen: Contact) -> None:
    first, _ = outbox.owe(db, order(chen), NOW)

    again, new = outbox.owe(
        db, order(chen, message={"type": "text"}, due_at=NOW + timedelta(days=1)), NOW
    )

    assert not new
    assert (again["message"], again["due_at"]) == (first["message"], first["due_at"])


def test_other_steps_people_and_causes_are_other_messages(db: mongo.Db, chen: Contact) -> None:
    asha = make_contact(db)

    made = [
        outbox.owe(db, one, NOW)[1]
        for one in (order(chen), order(chen, step=1), order(chen, "event:2"), order(asha))
    ]

    assert made == [True] * 4


def test_no_delivery_is_leased_to_two(db: mongo.Db, run: Run) -> None:
    owed = {rows.owe(db, run)["_id"] for _ in range(60)}

    def take(_: int) -> list[ObjectId]:
        held: list[ObjectId] = []
        while batch := due.lease_of_run(db, run["_id"], NOW, 7):
            held += [row["_id"] for row in batch]
        return held

    leased = Counter(one for held in at_once(8, take) for one in held)

    assert set(leased.values()) <= {1}
    assert set(leased) <= owed
    # Whoever came to nothing because others held the rows leaves them to the next look.
    rest = due.lease_of_run(db, run["_id"], NOW + timedelta(seconds=11), 100)
    assert {row["_id"] for row in rest} == owed


def test_oldest_first_and_no_more_than_asked_for(db: mongo.Db, chen: Contact) -> None:
    for minutes in (3, 1, 2):
        moment = NOW - timedelta(minutes=minutes)
        outbox.owe(db, order(chen, f"event:{minutes}", due_at=moment), NOW)

    assert [row["cause"] for row in due.lease_urgent(db, NOW, 2)] == ["event:3", "event:2"]
    assert due.lease_urgent(db, NOW, 0) == []


def test_what_is_given_back_by_another_stays_leased(db: mongo.Db, run: Run) -> None:
    rows.owe(db, run)
    (held,) = due.lease_of_run(db, run["_id"], NOW, 1)
    stranger = {**held, "lease": {"token": "another", "until": NOW}}

    due.release(db, [stranger], NOW, "pace")  # type: ignore[list-item]  # a stranger's row
    assert due.lease_of_run(db, run["_id"], NOW, 1) == []

    due.release(db, [held], NOW, "pace")
    assert [row["reason"] for row in due.lease_of_run(db, run["_id"], NOW, 1)] == ["pace"]


def test_of_eight_who_move_a_delivery_one_does_and_it_is_counted_once(
    db: mongo.Db, run: Run
) -> None:
    owed = rows.owe(db, run)

    moved = at_once(8, lambda _: rows.bring(db, owed, DeliveryStatus.SENT))

    assert moved.count(True) == 1
    assert counters(db, run) == {"sent": 1}
    assert verify.problems(db) == []


def test_stale_moves_count_nothing_and_stop_no_other(db: mongo.Db, run: Run) -> None:
    owed = [rows.owe(db, run) for _ in range(4)]
    rows.bring(db, owed[1], DeliveryStatus.SKIPPED)
    rows.bring(db, owed[2], DeliveryStatus.FAILED)

    moves = [rows.moving(row, DeliveryStatus.DELIVERED) for row in owed]
    assert deliveries.move(db, moves) == {owed[0]["_id"], owed[3]["_id"]}
    assert deliveries.move(db, moves) == set(), "safe to repeat"

    assert counters(db, run) == {"delivered": 2, "skipped": 1, "failed": 1}
    assert verify.problems(db) == []


def test_however_many_are_stale_the_others_go_together(
    db: mongo.Db, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = [rows.owe(db, run) for _ in range(8)]
    for one in owed[::3]:
        rows.bring(db, one, DeliveryStatus.SKIPPED)
    moves = [rows.moving(row, DeliveryStatus.DELIVERED) for row in owed]
    tried: list[int] = []
    whole = mongo.in_transaction

    def counted(*on: Any, settled: bool) -> Any:
        tried.append(1)
        return whole(*on, settled=settled)

    monkeypatch.setattr(mongo, "in_transaction", counted)

    assert len(deliveries.move(db, moves)) == 5

    assert len(tried) == 2


def test_moves_whose_rows_change_back_come_to_an_end(
    db: mongo.Db, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = [rows.owe(db, run) for _ in range(3)]
    rows.bring(db, owed[1], DeliveryStatus.SKIPPED)
    monkeypatch.setattr(deliveries, "_holding", lambda _db, moves: list(moves))

    moves = [rows.moving(row, DeliveryStatus.DELIVERED) for row in owed]

    assert deliveries.move(db, moves) == {owed[0]["_id"], owed[2]["_id"]}


def test_a_guard_that_does_not_hold_moves_nothing(db: mongo.Db, run: Run) -> None:
    owed = rows.owe(db, run)
    guarded = Move(owed, DeliveryStatus.SENDING, guard={"lease.token": "mine"})

    assert deliveries.move(db, [guarded]) == set()
    assert counters(db, run) == {"pending": 1}


@pytest.mark.parametrize(
    "batches",
    [
        ["sent", "failed", "delivered", "read"],
        ["read", "delivered", "sent", "failed"],
        ["failed", "sent", "read", "delivered"],
        ["failed failed", "sent delivered sent", "read read"],
        ["delivered failed sent read read delivered"],
    ],
)
def test_a_runs_counters_are_those_of_the_ordered_stream(
    db: mongo.Db, run: Run, batches: list[str]
) -> None:
    accepted = rows.brought(db, run, DeliveryStatus.ACCEPTED)
    for batch in batches:
        standing = deliveries.find(db, [accepted["_id"]])[accepted["_id"]]
        reports = [
            StatusReport(
                wamid=f"wamid.{accepted['_id']}",
                status=status,
                at=NOW,
                code=131026 if status == "failed" else None,
            )
            for status in batch.split()
        ]
        folded = fold(standing, reports, NOW)
        deliveries.move(db, [folded.move] if folded.move else [])

    row = mongo.runs(db).find_one({"_id": run["_id"]})
    assert row is not None
    assert counters(db, run) == {"read": 1}
    assert row["tallies"]["reached"] == {"accepted": 1, "sent": 1, "delivered": 1, "read": 1}
    assert not any(row["tallies"].get("failed", {}).values())
    assert verify.problems(db) == []
