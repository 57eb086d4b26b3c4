"""Hours of some weekdays, on one clock: whether it is one, and when the next begins. Pure."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

_DAY = timedelta(days=1)


def opens(hours: Mapping[str, Any], local: datetime) -> datetime:
    """`local` where it lies within; else the next moment that does, on the same clock.

    hours: {from: "10:00", to: "18:00", on: [0, …, 6]}; from 22:00 to 06:00 passes midnight, and
    belongs to the day on which it begins. The end is not within.

    >>> office = {"from": "10:00", "to": "18:00", "on": [0, 1, 2, 3, 4]}
    >>> opens(office, datetime(2026, 11, 27, 18))  # a Friday
    datetime.datetime(2026, 11, 30, 10, 0)
    >>> opens(office, datetime(2026, 11, 27, 17, 59))
    datetime.datetime(2026, 11, 27, 17, 59)
    """
    start, end = time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])
    length = (
        timedelta(hours=end.hour, minutes=end.minute)
        - timedelta(hours=start.hour, minutes=start.minute)
    ) % _DAY or _DAY
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for days in range(-1, 8):
        day = midnight + days * _DAY
        if day.weekday() not in hours["on"]:
            continue
        begins = day.replace(hour=start.hour, minute=start.minute)
        if local < begins + length:
            return max(local, begins)
    raise ValueError("hours of no day")
