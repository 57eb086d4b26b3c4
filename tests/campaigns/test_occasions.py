"""Which occasions run, and which are let go: by what was missed, paused, or still going on."""

from datetime import date, timedelta
from typing import Any

import pytest

from campaigns import occasions
from campaigns.occasions import MISSED, OVERLAP, PAUSED, Turn, decide
from campaigns.recurrence import Recurrence
from store.documents.campaign import CampaignState, Series
from tests.clock import NOW

ACTIVE, RUNNING = CampaignState.ACTIVE, CampaignState.RUNNING
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def daily(**fields: Any) -> Recurrence:
    """At the moment of the tests, which is half past six in UTC."""
    return Recurrence(
        **{"every": "day", "at": "06:30", "timezone": "UTC", "starts": "2026-11-24", **fields}
    )


def stands(next_day: int = 24, *, waits: bool = False) -> Series:
    at = NOW.replace(day=next_day)
    return {"anchor": "2026-11-24", "next_at": at, "waits": waits, "skipped": {}, "version": 1}


def told(turn: Turn) -> tuple[int | None, int, str, int | None, bool]:
    """Days of the month."""
    run = turn.run.day.day if turn.run else None
    return run, turn.skipped, turn.reason, turn.next.day.day if turn.next else None, turn.waits


@pytest.mark.parametrize("missed", ["skip", "once", "catch_up"])
def test_what_is_on_time_runs(missed: str) -> None:
    assert told(decide(daily(missed=missed), stands(), ACTIVE, NOW)) == (24, 0, MISSED, 25, False)
    assert told(decide(daily(), stands(), ACTIVE, NOW - MINUTE))[0] is None


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        ("skip", (None, 3, MISSED, 27, False)),
        ("once", (26, 2, MISSED, 27, False)),
        ("catch_up", (24, 0, MISSED, 25, True)),
    ],
)
def test_after_downtime_each_does_what_its_missed_says(missed: str, expected: Any) -> None:
    later = NOW + 2 * DAY + 5 * 60 * MINUTE

    assert told(decide(daily(missed=missed), stands(), ACTIVE, later)) == expected


def test_what_is_a_little_late_was_not_missed() -> None:
    late = NOW + DAY + 59 * MINUTE

    assert told(decide(daily(), stands(), ACTIVE, late)) == (25, 1, MISSED, 26, False)


def test_what_falls_into_a_pause_is_let_go_whatever_missed_says() -> None:
    turn = decide(daily(missed="catch_up"), stands(), CampaignState.PAUSED, NOW + DAY)

    assert told(turn) == (None, 2, PAUSED, 26, False)


def test_a_run_that_is_not_over_makes_the_next_wait_and_only_the_latest() -> None:
    waiting = decide(daily(), stands(), RUNNING, NOW)
    assert told(waiting) == (None, 0, MISSED, 24, True)

    assert told(decide(daily(), stands(waits=True), RUNNING, NOW + DAY)) == (
        None, 1, OVERLAP, 25, True,
    )  # fmt: skip
    assert told(decide(daily(missed="catch_up"), stands(waits=True), RUNNING, NOW + DAY)) == (
        None, 0, OVERLAP, 24, True,
    )  # fmt: skip


def test_what_waited_runs_when_it_may_however_late() -> None:
    late = NOW + 5 * 60 * MINUTE

    assert told(decide(daily(), stands(waits=True), ACTIVE, late)) == (24, 0, OVERLAP, 25, False)


def test_the_last_occasion_is_followed_by_none() -> None:
    rule = daily(until="2026-11-24")

    assert told(decide(rule, stands(), ACTIVE, NOW)) == (24, 0, MISSED, None, False)
    assert decide(rule, {**stands(), "next_at": None}, ACTIVE, NOW) == Turn()


def test_an_edit_moves_what_comes_and_keeps_the_anchor() -> None:
    old = daily(every="15 days")
    series: Series = {**stands(), "skipped": {MISSED: 2}}

    assert occasions.edited(old, old.model_copy(update={"missed": "once"}), series, NOW) is None
    going = occasions.edited(old, daily(every="15 days", starts=None, at="09:00"), series, NOW)

    assert going is not None
    assert (going["anchor"], going["version"]) == ("2026-11-24", 2)
    assert going["next_at"] == NOW.replace(hour=9, minute=0)
    assert going["skipped"] == {MISSED: 2}


def test_a_year_is_told_of_before_it_starts() -> None:
    found = occasions.coming(daily(every="month", starts="2027-01-31"), None, NOW)

    assert [one.day for one in found[:3]] == [
        date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31),
    ]  # fmt: skip
    assert len(found) == 10
