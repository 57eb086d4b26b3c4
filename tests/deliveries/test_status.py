"""A delivery only moves forward, whatever order Meta's reports come in."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliveries.status import fold, precursors
from store.documents.delivery import Delivery, DeliveryStatus
from tests.clock import NOW
from tests.makers import delivery
from whatsapp.inbound import StatusReport

FINAL = 131026


def report(status: str, code: int | None = None, wamid: str = "wamid.1") -> StatusReport:
    return StatusReport(wamid=wamid, status=status, at=NOW, code=code)


def apply(row: Delivery, *batches: list[StatusReport]) -> tuple[Delivery, Counter[str]]:
    """The delivery after each batch was folded in, and all tallies together."""
    tallies: Counter[str] = Counter()
    for batch in batches:
        folded = fold(row, batch, NOW)
        if folded.move is not None:
            row = {**row, **folded.move.fields, "status": folded.move.to}  # type: ignore[typeddict-item]  # as stored
            tallies.update(folded.move.tallies)
    return row, Counter({name: count for name, count in tallies.items() if count})


@pytest.mark.parametrize(
    ("standing", "reported", "becomes"),
    [
        ("accepted", "sent", "sent"),
        ("sent", "accepted", "sent"),
        ("accepted", "read", "read"),
        ("read", "delivered", "read"),
        ("read", "played", "played"),
        ("played", "read", "played"),
        ("unknown", "sent", "sent"),
        ("sending", "delivered", "delivered"),
        ("pending", "delivered", "delivered"),
        ("failed", "sent", "failed"),
        ("failed", "delivered", "delivered"),
        ("failed", "read", "read"),
        ("accepted", "warning", "accepted"),
        ("accepted", "deleted", "accepted"),
    ],
)
def test_only_news_moves_it(standing: str, reported: str, becomes: str) -> None:
    wamid = None if standing in ("pending", "sending", "unknown") else "wamid.1"
    row = delivery(status=DeliveryStatus(standing), times={}, wamid=wamid)

    assert apply(row, [report(reported)])[0]["status"] == becomes


@pytest.mark.parametrize("standing", ["delivered", "read", "played"])
def test_what_reached_the_phone_did_not_fail(standing: str) -> None:
    row = delivery(status=DeliveryStatus(standing))

    after, tallies = apply(row, [report("failed", FINAL)])

    assert after["status"] == standing
    assert not any(name.startswith("failed") for name in tallies)


def test_each_status_knows_what_comes_before_it() -> None:
    assert DeliveryStatus.READ not in precursors(DeliveryStatus.DELIVERED)
    assert DeliveryStatus.FAILED in precursors(DeliveryStatus.DELIVERED)
    assert DeliveryStatus.FAILED not in precursors(DeliveryStatus.SENT)


REPORTS = ["sent", "delivered", "read", "played"]


@given(st.integers(0, 10_000), st.lists(st.sampled_from(REPORTS), min_size=1, max_size=10))
def test_any_order_repetition_and_batching_ends_the_same(seed: int, reported: list[str]) -> None:
    rng = random.Random(seed)
    ordered = sorted(set(reported), key=REPORTS.index)
    expected = apply(delivery(), *([report(status)] for status in ordered))
    shuffled = [report(status) for status in reported * 2]
    rng.shuffle(shuffled)
    cuts = sorted(rng.sample(range(len(shuffled) + 1), k=min(2, len(shuffled))))
    batches = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]

    found = apply(delivery(), *(batch for batch in batches if batch))

    assert found[0]["status"] == expected[0]["status"]
    assert found[1] == expected[1]


FAILED_SOONER = ["sent", "failed", "delivered", "read"]


@pytest.mark.parametrize("code", [FINAL, 131000], ids=["for good", "worth another try"])
@given(order=st.permutations(FAILED_SOONER), chosen=st.sets(st.sampled_from(FAILED_SOONER)))
def test_a_failure_among_them_ends_the_same_in_any_order(
    code: int, order: list[str], chosen: set[str]
) -> None:
    def told(statuses: list[str]) -> tuple[Delivery, Counter[str]]:
        known = [report(one, code if one == "failed" else None) for one in statuses]
        return apply(delivery(), *([one] for one in known))

    as_sent = told([one for one in FAILED_SOONER if one in chosen])
    found = told([one for one in order if one in chosen] * 2)

    for field in ("status", "error", "reason", "wamid"):
        assert found[0][field] == as_sent[0][field], field
    assert found[1] == as_sent[1]
    together = apply(
        delivery(),
        [report(one, code if one == "failed" else None) for one in order if one in chosen],
    )
    assert (together[0]["status"], together[1]) == (as_sent[0]["status"], as_sent[1])


def test_a_late_sent_of_the_try_that_failed_does_not_end_the_next_one() -> None:
    waiting, _ = apply(delivery(), [report("failed", 131000)])

    row, tallies = apply(waiting, [report("sent")])

    assert row["status"] == "pending"
    assert tallies == {"reached.sent": 1}


@pytest.mark.parametrize("standing", [DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN])
@pytest.mark.parametrize("reported", ["sent", "failed"])
def test_a_second_try_that_was_not_answered_is_settled_by_its_own_report(
    standing: DeliveryStatus, reported: str
) -> None:
    second = delivery(status=standing, wamid="wamid.1", attempts=2)

    row, _ = apply(second, [report(reported, FINAL, wamid="wamid.2")])
    old, _ = apply(second, [report(reported, FINAL, wamid="wamid.1")])

    assert (row["status"], row["wamid"]) == (reported, "wamid.2")
    assert (old["status"], old["wamid"]) == (standing, "wamid.1")


def test_what_arrived_after_all_waits_for_nothing_and_has_no_error() -> None:
    row, _ = apply(delivery(), [report("failed", 131049)], [report("delivered")])

    assert (row["status"], row["reason"], row["error"]) == ("delivered", None, None)


def test_read_alone_implies_that_it_was_sent_and_delivered() -> None:
    assert apply(delivery(), [report("read")])[1] == {
        "reached.sent": 1,
        "reached.delivered": 1,
        "reached.read": 1,
    }


def test_a_failure_that_is_undone_is_taken_back() -> None:
    row, tallies = apply(delivery(), [report("failed", FINAL)], [report("delivered")])

    assert row["status"] == "delivered"
    assert row["error"] is None
    assert "failed.131026" not in tallies


@pytest.mark.parametrize(
    ("code", "tries", "wait"),
    [
        (131056, {}, 1),
        (131056, {"131056": 2}, 16),
        (131049, {}, 86_400),
        (131049, {"131000": 2, "none": 1}, 86_400),  # each kind of error is counted for itself
        (131000, {"131000": 1}, 25),
    ],
)
def test_a_failure_worth_another_try_goes_back_in_line(
    code: int, tries: dict[str, int], wait: int
) -> None:
    trying = delivery(attempts=1 + sum(tries.values()), tries=tries)
    folded = fold(trying, [report("failed", code)], NOW)

    assert folded.move is not None
    assert folded.move.to is DeliveryStatus.PENDING
    assert folded.move.fields["due_at"] == NOW + timedelta(seconds=wait)
    assert folded.move.fields[f"tries.{code}"] == tries.get(str(code), 0) + 1
    assert folded.news == ()


def test_what_fails_in_ever_new_ways_is_given_up() -> None:
    row, _ = apply(delivery(attempts=12), [report("failed", 131000)])

    assert row["status"] == "failed"


def test_a_limit_of_metas_is_tried_again_once_only() -> None:
    row, tallies = apply(delivery(attempts=2, tries={"131049": 1}), [report("failed", 131049)])

    assert row["status"] == "failed"
    assert tallies == {"failed.131049": 1}


def test_a_late_failure_of_an_earlier_try_is_not_believed() -> None:
    row, _ = apply(delivery(wamid="wamid.2"), [report("failed", FINAL, wamid="wamid.1")])

    assert row["status"] == "accepted"


def test_a_first_try_that_arrived_after_all_arrived() -> None:
    row, _ = apply(delivery(wamid="wamid.2"), [report("delivered", wamid="wamid.1")])

    assert row["status"] == "delivered"


def test_a_send_that_was_never_recorded_learns_its_wamid() -> None:
    row, _ = apply(delivery(status=DeliveryStatus.UNKNOWN, wamid=None), [report("sent")])

    assert row["wamid"] == "wamid.1"


def test_an_erased_person_gets_no_wamid_back() -> None:
    row, _ = apply(delivery(cause="erased:1", wamid=None), [report("sent")])

    assert row["wamid"] is None


def test_a_price_is_counted_once_in_metas_own_words() -> None:
    priced = StatusReport(
        "wamid.1",
        "sent",
        NOW,
        pricing={"category": "marketing", "type": "regular", "billable": True},
    )

    _, tallies = apply(delivery(), [priced], [priced])

    assert tallies["cost.marketing.count"] == tallies["cost.marketing.billable"] == 1
