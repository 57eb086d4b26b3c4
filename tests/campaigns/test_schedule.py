"""When a campaign goes out, on whose clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from campaigns.schedule import Schedule


@pytest.mark.parametrize(
    ("at", "timezone", "begins"),
    [
        ("2026-11-30T10:00", "Asia/Kolkata", datetime(2026, 11, 30, 4, 30, tzinfo=UTC)),
        ("2026-11-30 10:00:30", "UTC", datetime(2026, 11, 30, 10, 0, 30, tzinfo=UTC)),
        ("2026-11-30T10:00", "recipient", datetime(2026, 11, 29, 20, tzinfo=UTC)),
        # Clocks go forward over this hour in New York, and show the next one instead.
        ("2027-03-14T02:30", "America/New_York", datetime(2027, 3, 14, 7, 30, tzinfo=UTC)),
        # And back over this one: the first of the two is meant.
        ("2026-11-01T01:30", "America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    ],
)
def test_it_begins_when_the_first_clock_shows_it(at: str, timezone: str, begins: datetime) -> None:
    assert Schedule(at=at, timezone=timezone).begins() == begins


def test_with_each_recipients_clock_it_ends_where_the_day_ends_last() -> None:
    schedule = Schedule(at="2026-11-30T10:00", timezone="recipient")

    assert (schedule.ends() - schedule.begins()).total_seconds() == 26 * 3600
    asha = schedule.moment_for(ZoneInfo("Asia/Kolkata"))
    assert asha == datetime(2026, 11, 30, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "timezone", "says"),
    [
        ("soon", "UTC", "expected a time such as"),
        ("2026-02-30T10:00", "UTC", "no date and time of the calendar"),
        ("2026-11-30T10:00", "Kolkata", "no IANA time zone"),
        (None, "UTC", "got nothing"),
    ],
)
def test_what_is_no_schedule_says_why(at: str, timezone: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Schedule(at=at, timezone=timezone)
