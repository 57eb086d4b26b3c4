"""When a recurring campaign goes out: days counted from an anchor, at one hour on a clock. Pure.

Days are of the calendar, and hours what the clock shows, so that neither a short month nor a change
of the clocks moves what follows.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Annotated, Any, Literal, get_args

from dateutil import rrule
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from campaigns.schedule import Schedule
from config.strict import Strict, UnfitError, shown

Unit = Literal["days", "weeks", "months", "years"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_EVERY = re.compile(r"(?:([1-9]\d{0,3}) ?)?(day|week|month|year)s?")
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_FREQUENCY: dict[Unit, Any] = {
    "days": rrule.DAILY,
    "weeks": rrule.WEEKLY,
    "months": rrule.MONTHLY,
    "years": rrule.YEARLY,
}
_WEEKDAYS: dict[str, int] = {name: place for place, name in enumerate(get_args(Weekday))}
_LAST = date(9990, 1, 1)  # the calendar of computers ends soon after


@dataclass(frozen=True, slots=True)
class Every:
    count: int
    unit: Unit


def _every(value: Any) -> Any:
    if isinstance(value, str) and (found := _EVERY.fullmatch(value.strip())):
        return Every(int(found[1] or 1), f"{found[2]}s")  # type: ignore[arg-type]  # one of the four
    raise UnfitError(f"expected days, weeks, months or years such as 15 days, got {shown(value)}")


def _hour(value: Any) -> Any:
    # YAML reads 10:00 without quotes as a number of minutes.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        value = f"{value // 60:02}:{value % 60:02}"
    if isinstance(value, str) and _HOUR.fullmatch(value):
        return value
    raise UnfitError(f'expected an hour such as "10:00", got {shown(value)}')


def _day(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        raise UnfitError(f"expected a day such as 2026-01-31, got {shown(value)}") from None


Hour = Annotated[str, BeforeValidator(_hour)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time that it goes out. day: of its clock. at: when its first message may leave, UTC."""

    day: date
    at: datetime


class Recurrence(Strict):
    """every: `15 days`, `week`, `2 months`, `year`. on: of weeks, the weekdays; else the anchor's.
    starts: the anchor, the first day; absent: the day on which it is started. until: the last day.
    count: how many times at most. missed: what becomes of those that passed while nothing ran."""

    every: Annotated[
        Every,
        BeforeValidator(_every),
        WithJsonSchema({"type": "string", "examples": ["15 days", "month"]}),
    ]
    on: tuple[Weekday, ...] = ()
    at: Hour
    timezone: str
    starts: Day | None = None
    until: Day | None = None
    count: Annotated[int, Field(ge=1, le=100_000)] | None = None
    missed: Literal["skip", "once", "catch_up"] = "skip"

    @model_validator(mode="after")
    def _fits(self) -> "Recurrence":
        # Asked for its complaint about the zone.
        Schedule(at="2026-01-01T00:00", timezone=self.timezone)
        if self.on and self.every.unit != "weeks":
            raise ValueError("on: goes with weeks alone")
        if self.until is not None and self.count is not None:
            raise ValueError("has both until and count; one of them ends it")
        if self.starts is not None and self.until is not None and self.until < self.starts:
            raise ValueError(f"until {self.until} is before starts {self.starts}")
        return self

    def on_day(self, day: date) -> Schedule:
        """The same hour of one day, as a campaign that goes out once would have it."""
        return Schedule(at=f"{day.isoformat()}T{self.at}", timezone=self.timezone)

    def occasions(self, anchor: date) -> Iterator[Occasion]:
        """All of them, from the anchor on, in order.

        An hour that the clock skips is the hour after it, and one that it shows twice is the
        first. A day that a place left out altogether coincides with the next, and counts as one.
        """
        last: datetime | None = None
        for day in islice(days(self, anchor), self.count):
            at = self.on_day(day).begins()
            if last is None or at > last:
                yield Occasion(day, at)
                last = at

    def after(self, anchor: date, moment: datetime) -> Iterator[Occasion]:
        """Those later than `moment`."""
        return (one for one in self.occasions(anchor) if one.at > moment)


def days(recurrence: Recurrence, anchor: date) -> Iterator[date]:
    """The days, from the anchor on. A month that is too short has its last day instead.

    >>> every = Recurrence(every="month", at="10:00", timezone="UTC")
    >>> [f"{day:%d %b}" for day in islice(days(every, date(2026, 1, 31)), 3)]
    ['31 Jan', '28 Feb', '31 Mar']
    """
    begins = datetime.combine(anchor, time())
    until = datetime.combine(recurrence.until or _LAST, time())
    given: dict[str, Any] = {"dtstart": begins, "until": until, "interval": recurrence.every.count}
    unit = recurrence.every.unit
    if unit == "weeks":
        given["byweekday"] = sorted(_WEEKDAYS[name] for name in recurrence.on) or [anchor.weekday()]
        given["wkst"] = rrule.MO
    elif unit == "months" and anchor.day > 28:
        given["bymonthday"], given["bysetpos"] = range(28, anchor.day + 1), -1
    elif unit == "years":
        # Only 29 February is a day that some years have not; said so of every anchor's month.
        least = min(anchor.day, monthrange(2027, anchor.month)[1])
        given["bymonth"], given["bymonthday"] = anchor.month, range(least, anchor.day + 1)
        given["bysetpos"] = -1
    return (moment.date() for moment in rrule.rrule(_FREQUENCY[unit], **given))


def today(recurrence: Recurrence, now: datetime) -> date:
    """Which day it is on its clock; of each person's own, in UTC."""
    schedule = recurrence.on_day(now.date())
    return now.astimezone(UTC if schedule.by_recipient else schedule.zone()).date()


def first_day(recurrence: Recurrence, now: datetime) -> date:
    """The anchor of one that is started now. Without `starts` it is today, or, where today's hour
    is over, tomorrow: the first time is never in the past."""
    if recurrence.starts is not None:
        return recurrence.starts
    day = today(recurrence, now)
    return day if recurrence.on_day(day).begins() > now else day + timedelta(days=1)
