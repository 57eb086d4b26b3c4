"""Reports of a failure, in any order, and reports of a try whose failure is known already."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.documents.delivery import DeliveryStatus
from tests.clock import NOW
from tests.deliveries.test_status import FINAL, apply, report
from tests.makers import delivery
from whatsapp.inbound import StatusReport

PAIR = 131056
ORDER = ["sent", "failed", "delivered", "read", "played"]


def told(status: str) -> StatusReport:
    return report(status, FINAL if status == "failed" else None)


@given(st.sets(st.sampled_from(ORDER), min_size=1), st.randoms(use_true_random=False))
def test_a_failure_in_any_place_ends_the_same(said: set[str], rng: random.Random) -> None:
    in_order = [told(status) for status in ORDER if status in said]
    expected, expected_tallies = apply(delivery(), *([one] for one in in_order))
    shuffled = in_order * rng.randint(1, 3)
    rng.shuffle(shuffled)
    batches = []
    while shuffled:
        size = rng.randint(1, len(shuffled))
        batches.append(shuffled[:size])
        shuffled = shuffled[size:]

    found, tallies = apply(delivery(), *batches)

    assert found["status"] == expected["status"]
    assert found["error"] == expected["error"]
    assert tallies == expected_tallies


def test_what_was_sent_was_sent_though_its_failure_was_heard_first() -> None:
    row, tallies = apply(delivery(), [told("failed")], [told("sent")])

    assert row["status"] == "failed"
    assert tallies == {f"failed.{FINAL}": 1, "reached.sent": 1}


@given(st.permutations([*ORDER, *ORDER]))
def test_no_report_ever_takes_it_back(said: list[str]) -> None:
    row, reached = delivery(), -1
    for status in said:
        row, _ = apply(row, [told(status)])
        if row["status"] != "failed":
            now = ["accepted", "sent", "delivered", "read", "played"].index(row["status"])
            assert now >= reached
            reached = now
        else:
            assert reached < 2, "what reached the phone did not fail"


STANDING = [DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN]


@pytest.mark.parametrize("standing", STANDING)
@pytest.mark.parametrize("late", [report("failed", PAIR), report("failed", FINAL), report("sent")])
def test_a_repeat_about_a_failed_try_leaves_the_next_try_alone(
    standing: DeliveryStatus, late: StatusReport
) -> None:
    """The next try may be on its way, or in doubt: put back in line, it would be sent twice."""
    back, _ = apply(delivery(), [report("failed", PAIR)])
    assert back["status"] == "pending"
    trying = {**back, "status": standing, "attempts": 2, "lease": {"token": "t", "until": NOW}}

    after, tallies = apply(trying, [late])  # type: ignore[arg-type]  # a delivery with changes

    for kept in ("status", "lease", "wamid", "due_at", "error"):
        assert after[kept] == trying[kept], kept
    assert not any(name.startswith("failed") for name in tallies)


def test_a_repeat_in_the_same_webhook_changes_nothing_either() -> None:
    accepted = delivery()
    once, _ = apply(accepted, [report("failed", PAIR)])

    assert apply(accepted, [report("failed", PAIR), report("failed", PAIR)])[0] == once
    mixed, _ = apply(accepted, [report("failed", PAIR), report("sent")])
    assert (mixed["status"], mixed["due_at"]) == ("pending", once["due_at"])


def test_a_failed_try_that_arrives_after_all_needs_no_other() -> None:
    row, _ = apply(delivery(), [report("failed", PAIR)], [report("delivered")])

    assert row["status"] == "delivered"


@pytest.mark.parametrize("standing", STANDING)
@pytest.mark.parametrize("code", [PAIR, FINAL])
def test_with_two_failed_tries_behind_it_the_third_is_not_undone_by_the_first(
    standing: DeliveryStatus, code: int
) -> None:
    """Only the last failed try's wamid is known; a failure under another may be of either try.

    Taken for the third's, it would send the message again that may have arrived.
    """
    back, _ = apply(delivery(attempts=2, wamid="wamid.2"), [report("failed", PAIR, "wamid.2")])
    third = 2 if standing is DeliveryStatus.PENDING else 3
    trying = {**back, "status": standing, "attempts": third}

    after, tallies = apply(trying, [report("failed", code, "wamid.1")])  # type: ignore[arg-type]  # a delivery with changes

    for kept in ("status", "lease", "wamid", "due_at", "error"):
        assert after[kept] == trying[kept], kept
    assert tallies == {}


@pytest.mark.parametrize("standing", [DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN])
def test_a_second_try_in_doubt_is_settled_by_its_own_report(standing: DeliveryStatus) -> None:
    back, _ = apply(delivery(), [report("failed", PAIR)])
    trying = {**back, "status": standing, "attempts": 2}

    sent, _ = apply(trying, [report("sent", wamid="wamid.2")])  # type: ignore[arg-type]  # as above
    failed, _ = apply(trying, [report("failed", FINAL, "wamid.2")])  # type: ignore[arg-type]  # as above

    assert (sent["status"], sent["wamid"]) == ("sent", "wamid.2")
    assert failed["status"] == "failed"
