"""Quiet hours, caps and durations, as people write them."""

from datetime import datetime, time, timedelta

import pytest

from config.values import FrequencyCap, QuietHours, parse_cap, parse_duration, parse_quiet_hours

NIGHT = QuietHours(time(21), time(8))
LUNCH = QuietHours(time(12, 30), time(14))


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        (NIGHT, "20:59:59", False),
        (NIGHT, "21:00", True),
        (NIGHT, "23:59:59", True),
        (NIGHT, "00:00", True),
        (NIGHT, "07:59:59", True),
        (NIGHT, "08:00", False),
        (NIGHT, "12:00", False),
        (LUNCH, "12:29:59", False),
        (LUNCH, "12:30", True),
        (LUNCH, "13:59:59", True),
        (LUNCH, "14:00", False),
        (LUNCH, "00:00", False),
        (QuietHours(time(0), time(8)), "00:00", True),
        (QuietHours(time(0), time(8)), "23:59:59", False),
        (QuietHours(time(21), time(0)), "23:59:59", True),
        (QuietHours(time(21), time(0)), "00:00", False),
    ],
)
def test_quiet_hours_begin_with_their_start_and_are_over_at_their_end(
    hours: QuietHours, at: str, quiet: bool
) -> None:
    assert hours.cover(datetime.fromisoformat(f"2026-11-24T{at}")) is quiet


@pytest.mark.parametrize("text", ["21:00-08:00", " 21:00 - 08:00 "])
def test_quiet_hours_are_read_as_they_are_written(text: str) -> None:
    assert parse_quiet_hours(text) == NIGHT


@pytest.mark.parametrize(
    "text",
    ["21-8", "21:00", "-08:00", "21:00-", "9:00-18:00", "24:00-08:00", "21:60-08:00", "21:00/08:00",
     "21:00-08:00-09:00", "21:00Z-08:00", "21:00+05:30", "T21:00-08:00", "21:00:30-08:00",
     "٢١:٠٠-٠٨:٠٠"],
)  # fmt: skip
def test_quiet_hours_of_another_form_are_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="not of the form 21:00-08:00"):
        parse_quiet_hours(text)


@pytest.mark.parametrize(
    ("text", "cap"),
    [
        ("1/24h", FrequencyCap(1, timedelta(hours=24))),
        (" 3 / 7 days ", FrequencyCap(3, timedelta(days=7))),
        ("10/30d", FrequencyCap(10, timedelta(days=30))),
    ],
)
def test_a_cap_is_so_many_within_so_long(text: str, cap: FrequencyCap) -> None:
    assert parse_cap(text) == cap


@pytest.mark.parametrize(
    "text", ["1", "/24h", "0/24h", "-1/24h", "1.5/24h", "²/24h", "9" * 5000 + "/1h"]
)
def test_a_cap_of_another_form_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="not of the form 1/24h"):
        parse_cap(text)


@pytest.mark.parametrize("text", ["1/24", "1/", "1/2/3h", "1/a day"])
def test_a_cap_without_a_duration_is_refused_with_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 30m, 48h or 7d"):
        parse_cap(text)


def test_a_cap_within_no_time_would_hold_nobody_back() -> None:
    with pytest.raises(ValueError, match="leave it empty to turn it off"):
        parse_cap("1/0h")


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_empty_is_off(text: str) -> None:
    assert parse_quiet_hours(text) is None
    assert parse_cap(text) is None


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("1 second", timedelta(seconds=1)),
        ("90 min", timedelta(minutes=90)),
        ("1 minute", timedelta(minutes=1)),
        ("2 Hours", timedelta(hours=2)),
        ("99999d", timedelta(days=99_999)),
        (" 7d ", timedelta(days=7)),
    ],
)
def test_durations_have_words_too(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration
