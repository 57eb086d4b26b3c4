"""What happened when, in buckets fit for the span, on the workspace's clock. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

Bucket = Literal["30m", "hour", "day", "month"]
COUNTED = (
    "sent", "delivered", "read", "replied", "clicked", "failed", "opted_out", "goals",
)  # fmt: skip
_UP_TO: tuple[tuple[timedelta, Bucket], ...] = (
    (timedelta(days=1), "30m"),
    (timedelta(days=7), "hour"),
    (timedelta(days=92), "day"),
)


def bucket_for(span: timedelta) -> Bucket:
    """The finest bucket that still makes a chart one can read.

    >>> bucket_for(timedelta(days=3))
    'hour'
    """
    for longest, bucket in _UP_TO:
        if span <= longest:
            return bucket
    return "month"


def start_of(at: datetime, bucket: Bucket, zone: ZoneInfo) -> datetime:
    """When the bucket that `at` falls into began, on `zone`'s clock.

    Hours are counted back in UTC, so that the hour which a change of the clocks repeats stays two.
    """
    local = at.astimezone(zone)
    if bucket in ("30m", "hour"):
        step = 30 if bucket == "30m" else 60
        past = timedelta(minutes=local.minute % step, seconds=local.second)
        past += timedelta(microseconds=local.microsecond)
        return (at.astimezone(UTC) - past).astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return midnight if bucket == "day" else midnight.replace(day=1)


def of_points(
    points: Iterable[dict[str, Any]], zone: ZoneInfo, wanted: Bucket | None = None
) -> dict[str, Any]:
    """{bucket, points: [{at, sent, delivered, read, replied, …}]} of half-hourly points.

    at: ISO 8601 in `zone`. A point may carry any of the counts; buckets where nothing happened
    are left out.
    """
    given = sorted(points, key=lambda point: point["at"])
    if not given:
        return {"bucket": wanted or "30m", "points": []}
    bucket = wanted or bucket_for(given[-1]["at"] - given[0]["at"])
    merged: dict[str, dict[str, Any]] = {}
    for point in given:
        at = start_of(point["at"], bucket, zone).isoformat()
        row = merged.setdefault(at, {"at": at, **dict.fromkeys(COUNTED, 0)})
        for name in COUNTED:
            row[name] += point.get(name, 0)
    return {"bucket": bucket, "points": list(merged.values())}
