"""Whatever order things come in, counting each change comes to what counting anew comes to."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import marks
from store.documents.delivery import DeliveryStatus
from tests.clock import NOW
from tests.makers import delivery

TIMES = st.dictionaries(
    st.sampled_from(["accepted", "sent", "delivered", "read", "clicked", "opted_out", "goal"]),
    st.integers(0, 90_000).map(lambda minutes: NOW + timedelta(seconds=minutes)),
)
STATES = st.fixed_dictionaries(
    {
        "times": TIMES,
        "status": st.sampled_from(list(DeliveryStatus)),
        "clicks": st.lists(st.sampled_from(["A.B", "YES"]), unique=True),
        "reply": st.none() | st.just({"at": NOW + timedelta(minutes=9)}),
        "pricing": st.none() | st.just({"category": "marketing", "billable": True}),
        "of": st.just({"language": "en", "country": "IN", "segments": ["vip"]}),
    }
)


@given(st.lists(STATES, min_size=1, max_size=6))
def test_the_changes_add_up_to_what_stands(states: list[dict[str, Any]]) -> None:
    standing: dict[str, Any] = {**delivery(times={})}
    counted: Counter[tuple[int, marks.Mark]] = Counter()
    for changes in states:
        now = {**standing, **changes}
        for day, mark, by in marks.difference(standing, now):
            counted[day, mark] += by
        standing = now

    assert {mark: n for mark, n in counted.items() if n} == dict(marks.of(standing))


@pytest.mark.parametrize("seconds", [1, 7, 60, 3_599, 86_400, 2_592_000])
def test_a_duration_is_told_within_five_percent(seconds: int) -> None:
    assert marks.seconds_of(marks.bucket_of(seconds)) == pytest.approx(seconds, rel=0.11, abs=0.5)


def test_who_read_it_was_reached_though_only_read_is_reported() -> None:
    row = delivery(times={"read": NOW}, status=DeliveryStatus.READ)

    assert marks.happened(row) == dict.fromkeys(("accepted", "sent", "delivered", "read"), NOW)
    assert not [mark for _, mark in marks.of(row) if str(mark).startswith("took")]


def test_a_late_sent_moves_to_when_it_was() -> None:
    read = delivery(times={"read": NOW}, status=DeliveryStatus.READ)
    late = {**read, "times": {"read": NOW, "sent": NOW - timedelta(minutes=30)}}

    moved = {(mark[:2], by) for _, mark, by in marks.difference(read, late)}

    assert moved == {(("sent", 13), -1), (("accepted", 13), -1),
                     (("sent", 12), 1), (("accepted", 12), 1)}  # fmt: skip
