"""Each recipient is in one state, and the states sum to who was targeted."""

from hypothesis import given
from hypothesis import strategies as st

from reports import funnel
from store.documents.delivery import DeliveryStatus

COUNTS = st.dictionaries(
    # Who was excluded is counted with the audience, and given beside the deliveries.
    st.sampled_from([s.value for s in DeliveryStatus if s is not DeliveryStatus.EXCLUDED]),
    st.integers(0, 10**6),
)


@given(COUNTS, st.integers(0, 10**6))
def test_the_states_sum_to_who_was_targeted(counts: dict[str, int], excluded: int) -> None:
    result = funnel.of_counts(counts, excluded)

    assert sum(result[state] for state in funnel.STATES) == result["targeted"]
    assert result["targeted"] == sum(counts.values()) + excluded


def test_what_was_played_was_read() -> None:
    assert funnel.of_counts({"read": 2, "played": 3})["read"] == 5


def test_a_rate_of_nobody_is_not_known() -> None:
    nobody = {"accepted": 0, "sent": 0, "delivered": 0, "read": 0}

    assert set(funnel.rates(nobody, 0, 0).values()) == {None}


def test_a_rate_is_a_share_of_those_who_could() -> None:
    ever = {"accepted": 8, "sent": 8, "delivered": 6, "read": 3}

    assert funnel.rates(ever, replied=2, clicked=1) == {
        "delivered": 0.75,
        "read": 0.5,
        "replied": 0.3333,
        "clicked": 0.1667,
    }


def test_what_meta_holds_back_is_told_from_other_failures() -> None:
    rows = funnel.failed_by_code({"131026": 1, "131049": 2, "none": 1, "131047": 0})

    assert [(row["code"], row["count"], row["limited_by_meta"]) for row in rows] == [
        (131049, 2, True),
        (131026, 1, False),
        (None, 1, False),
    ]
    assert all(row["title"] for row in rows)


def test_a_cost_is_counted_by_category() -> None:
    counts = {"utility": {"count": 2}, "marketing": {"count": 5, "billable": 4}}

    assert funnel.cost(counts) == {
        "by_category": {
            "marketing": {"count": 5, "billable": 4},
            "utility": {"count": 2, "billable": 0},
        },
        "billable": 4,
    }


def test_a_buttons_payload_is_shown_as_it_was_sent() -> None:
    assert funnel.named({"v1%2E2": 1, "YES": 3, "NO": 0}) == {"YES": 3, "v1.2": 1}
