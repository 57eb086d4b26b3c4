"""Parts of a batch: each person in order, many people at once."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from events.order import waves
from store.documents.inbox import InboxItem, InboxKind, InboxState
from tests.clock import NOW


def row(name: str, who: str, second: int, *, status: bool, tries: int = 0) -> InboxItem:
    at: datetime = NOW + timedelta(seconds=second)
    return {
        "_id": name, "kind": InboxKind.STATUS if status else InboxKind.MESSAGE, "shard": 1,
        "who": who, "at": at, "received_at": at, "payload": "{}", "state": InboxState.NEW,
        "tries": tries,
    }  # fmt: skip


def shape(rows: list[InboxItem]) -> list[list[str]]:
    return [[one["_id"] for one in part] for part in waves(rows)]


def test_the_statuses_of_many_go_together_and_then_what_they_said() -> None:
    rows = [
        row("asha read", "asha", 1, status=True),
        row("asha said", "asha", 2, status=False),
        row("bilal read", "bilal", 3, status=True),
        row("bilal said", "bilal", 4, status=False),
    ]

    assert shape(rows) == [["asha read", "bilal read"], ["asha said", "bilal said"]]


def test_a_status_after_a_message_of_the_same_person_waits_for_it() -> None:
    rows = [
        row("asha read later", "asha", 9, status=True),
        row("asha said", "asha", 2, status=False),
        row("chen read", "chen", 5, status=True),
    ]

    assert shape(rows) == [["chen read"], ["asha said"], ["asha read later"]]


def test_a_suspect_is_alone_and_its_person_waits_for_it() -> None:
    rows = [
        row("asha said", "asha", 1, status=False, tries=1),
        row("asha said more", "asha", 2, status=False),
        row("bilal said", "bilal", 3, status=False),
    ]

    assert shape(rows) == [["bilal said"], ["asha said"], ["asha said more"]]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.booleans(), st.integers(0, 1)),
        max_size=30,
    )
)
def test_nothing_is_lost_and_each_person_stays_in_order(drawn: list[tuple[Any, ...]]) -> None:
    rows = [
        row(f"{n:02}", who, second, status=status, tries=tries)
        for n, (who, second, status, tries) in enumerate(drawn)
    ]

    parts = list(waves(rows))

    flat = [one for part in parts for one in part]
    assert sorted(one["_id"] for one in flat) == [one["_id"] for one in rows]
    for who in "abc":
        theirs = [(one["at"], one["_id"]) for one in flat if one["who"] == who]
        assert all(earlier <= later for earlier, later in pairwise(theirs))
    for part in parts:
        assert len({one["kind"] for one in part}) == 1
        assert len(part) == 1 or not any(one["tries"] for one in part)
