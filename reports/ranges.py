"""The stretches of time that people ask about, on the workspace's clock. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Range:
    """From `since` until just before `until`, both aware. name: `custom` where both were given."""

    name: str
    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Whether `at` falls into it."""
        return self.since <= at < self.until


class RangeError(ValueError):
    """What was asked for is no range; the sentence says why."""


def _month(today: date, back: int = 0) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
    return date(year, month + 1, 1)


def _monday(today: date) -> date:
    return today - today.weekday() * _DAY


NAMED: dict[str, Callable[[date], tuple[date, date]]] = {
    "today": lambda today: (today, today + _DAY),
    "yesterday": lambda today: (today - _DAY, today),
    "last_7_days": lambda today: (today - 6 * _DAY, today + _DAY),
    "last_30_days": lambda today: (today - 29 * _DAY, today + _DAY),
    "this_week": lambda today: (_monday(today), _monday(today) + 7 * _DAY),
    "last_week": lambda today: (_monday(today) - 7 * _DAY, _monday(today)),
    "this_month": lambda today: (_month(today), _month(today, -1)),
    "last_month": lambda today: (_month(today, 1), _month(today)),
}


def read(
    name: str | None, first: str | None, last: str | None, now: datetime, zone: ZoneInfo
) -> Range | None:
    """What was asked for: a name, or two days, or neither for all there is. Raises RangeError."""
    if first or last:
        return custom(first or "", last or "", zone)
    return named(name, now, zone) if name else None


def named(name: str, now: datetime, zone: ZoneInfo) -> Range:
    """One of NAMED, whole days on `zone`'s clock; weeks begin on Monday. Raises RangeError."""
    if name not in NAMED:
        raise RangeError(f"is none of {', '.join(NAMED)}")
    first, behind = NAMED[name](now.astimezone(zone).date())
    return Range(name, _midnight(first, zone), _midnight(behind, zone))


def custom(first: str, last: str, zone: ZoneInfo) -> Range:
    """From the day `first` to the day `last`, both of them in it. Raises RangeError.

    >>> custom("2026-11-01", "2026-11-30", ZoneInfo("UTC")).until.isoformat()
    '2026-12-01T00:00:00+00:00'
    """
    try:
        since, until = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise RangeError("a custom range needs `from` and `to`, days such as 2026-11-30") from None
    if until < since:
        raise RangeError("ends before it begins")
    return Range("custom", _midnight(since, zone), _midnight(until + _DAY, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
