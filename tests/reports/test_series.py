"""Buckets fit the span and the workspace's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import series

KOLKATA = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "bucket"),
    [
        (timedelta(0), "30m"),
        (timedelta(days=1), "30m"),
        (timedelta(days=1, minutes=30), "hour"),
        (timedelta(days=8), "day"),
        (timedelta(days=200), "month"),
    ],
)
def test_a_longer_span_has_wider_buckets(span: timedelta, bucket: str) -> None:
    points = [{"at": START, "sent": 1}, {"at": START + span, "sent": 1}]

    assert series.of_points(points, KOLKATA)["bucket"] == bucket


@given(
    st.lists(
        st.builds(
            lambda minutes, sent, read: {
                "at": START + timedelta(minutes=30 * minutes),
                "sent": sent,
                "read": read,
            },
            st.integers(0, 20_000),
            st.integers(0, 9),
            st.integers(0, 9),
        )
    )
)
def test_wider_buckets_lose_nobody(points: list[dict[str, Any]]) -> None:
    result = series.of_points(points, KOLKATA)

    for name in ("sent", "read"):
        assert sum(p[name] for p in result["points"]) == sum(p[name] for p in points)
    times = [datetime.fromisoformat(point["at"]) for point in result["points"]]
    assert times == sorted(set(times))


def test_a_day_begins_at_the_workspaces_midnight() -> None:
    late = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # midnight in Kolkata

    start = series.start_of(late, "day", KOLKATA)

    assert start.isoformat() == "2026-11-24T00:00:00+05:30"


def test_the_hour_that_daylight_saving_repeats_stays_two() -> None:
    first = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)

    starts = [series.start_of(first + timedelta(hours=n), "hour", BERLIN) for n in (0, 1)]

    assert [start.isoformat() for start in starts] == [
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
    ]
    assert series.start_of(first, "30m", BERLIN).isoformat() == "2026-10-25T02:30:00+02:00"
