"""Dates as attributes hold them: ISO texts in one form, which sort as the days do. Pure.

A date is `2026-01-31`; a date with a time is `2026-01-31T18:30:00Z`, in UTC, to the second. Texts,
since rules and JSON hold them, and since of equal length or not they sort by time.
"""

import re
from datetime import UTC, date, datetime

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII | re.IGNORECASE,
)


def parse(text: str) -> str | None:
    """The one form of an ISO date or date-time, or None. A time without a zone is UTC.

    >>> parse("2026-01-31"), parse("2026-01-31 23:30+05:30"), parse("31/01/2026")
    ('2026-01-31', '2026-01-31T18:00:00Z', None)
    """
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        if _DATE_TIME.fullmatch(text):
            return iso(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        return None
    return None


def iso(value: date) -> str:
    """A date or a datetime in that form."""
    if not isinstance(value, datetime):
        return value.isoformat()
    at = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
