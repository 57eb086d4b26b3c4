"""Ranges are whole days of the workspace."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reports import ranges

KOLKATA = ZoneInfo("Asia/Kolkata")
# Tuesday in London, Wednesday in Kolkata.
LATE = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "first", "behind"),
    [
        ("today", "2026-12-02", "2026-12-03"),
        ("yesterday", "2026-12-01", "2026-12-02"),
        ("last_7_days", "2026-11-26", "2026-12-03"),
        ("last_30_days", "2026-11-03", "2026-12-03"),
        ("this_week", "2026-11-30", "2026-12-07"),
        ("last_week", "2026-11-23", "2026-11-30"),
        ("this_month", "2026-12-01", "2027-01-01"),
        ("last_month", "2026-11-01", "2026-12-01"),
    ],
)
def test_a_range_begins_and_ends_at_the_workspaces_midnight(
    name: str, first: str, behind: str
) -> None:
    found = ranges.named(name, LATE, KOLKATA)

    assert found.since.isoformat() == f"{first}T00:00:00+05:30"
    assert found.until.isoformat() == f"{behind}T00:00:00+05:30"


@pytest.mark.parametrize("pair", [("2026-12-02", "2026-12-01"), ("yesterday", "today"), ("", "")])
def test_what_is_no_range_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ranges.RangeError):
        ranges.custom(*pair, KOLKATA)


def test_the_day_on_which_clocks_change_is_whole() -> None:
    found = ranges.custom("2026-10-25", "2026-10-25", ZoneInfo("Europe/Berlin"))

    assert (found.until.astimezone(UTC) - found.since.astimezone(UTC)).total_seconds() == 25 * 3600
