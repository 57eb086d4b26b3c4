"""When a step of a drip is due for one person. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from campaigns.steps import WEEKDAYS, DateAttribute, Step
from contacts import dates

_DAYS = 8  # within a week and a day every weekday has an hour that is still to come


@dataclass(frozen=True, slots=True)
class Origin:
    """What a step's time counts from, and on whose clock."""

    enrolled_at: datetime
    previous_at: datetime
    zone: tzinfo
    attributes: dict[str, Any]


def due_at(step: Step, origin: Origin) -> datetime | None:
    """When the step is due, UTC, moved into its hours; None where the date it counts from is none.

    Never before the previous step: a drip's steps are in order.
    """
    moment = _counted(step, origin)
    if moment is None:
        return None
    earliest = moment if isinstance(step.from_, DateAttribute) else max(moment, origin.previous_at)
    return within(step, earliest, origin.zone)


def is_over(step: Step, origin: Origin) -> bool:
    """Whether the date's moment had passed when the step became the next one: three days before
    something that is tomorrow."""
    if not isinstance(step.from_, DateAttribute):
        return False
    moment = _counted(step, origin)
    if moment is None:
        return False
    # A date without a time lasts all day, and the hours of the step may lie late in it.
    return max(moment + timedelta(days=1), within(step, moment, origin.zone)) < origin.previous_at


def _counted(step: Step, origin: Origin) -> datetime | None:
    if isinstance(step.from_, DateAttribute):
        found = _moment(origin.attributes.get(step.from_.attribute), step, origin.zone)
        return found if found is None else found + timedelta(seconds=step.after)
    start = origin.enrolled_at if step.from_ == "enrolment" else origin.previous_at
    return start + timedelta(seconds=step.after)


def _moment(value: Any, step: Step, zone: tzinfo) -> datetime | None:
    """The date, less what is counted backwards from it: a whole day is one on the calendar."""
    text = dates.parse(value) if isinstance(value, str) else None
    if text is None:
        return None
    back = timedelta(seconds=step.before or 0)
    try:
        if "T" in text:
            return datetime.fromisoformat(text).astimezone(UTC) - back
        begins = datetime.combine(date.fromisoformat(text), time()) - back
        return begins.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:  # a date at the edge of the calendar
        return None


def within(step: Step, moment: datetime, zone: tzinfo) -> datetime:
    """The first moment from `moment` on that lies in the step's hours and weekdays, UTC.

    >>> from zoneinfo import ZoneInfo
    >>> weekdays = Step.model_validate(
    ...     {"between": ["10:00", "18:00"], "on": ["mon"], "branches": [
    ...         {"only_if": {"where": {"country": "IN"}}, "go_to": "end"}]})
    >>> within(weekdays, datetime(2026, 11, 24, 6, 30, tzinfo=UTC), ZoneInfo("Asia/Kolkata"))
    datetime.datetime(2026, 11, 30, 4, 30, tzinfo=datetime.timezone.utc)
    """
    if step.between is None and step.on is None:
        return moment
    local = moment.astimezone(zone)
    begins, ends = step.between or (time(), None)
    for days in range(_DAYS):
        day = local.date() + timedelta(days=days)
        if step.on is not None and WEEKDAYS[day.weekday()] not in step.on:
            continue
        opens = datetime.combine(day, begins, zone).astimezone(UTC)
        closes = _closes(day, ends, zone)
        if moment < closes:
            return max(moment, opens)
    return moment


def _closes(day: date, ends: time | None, zone: tzinfo) -> datetime:
    if ends is None:
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return datetime.combine(day, ends, zone).astimezone(UTC)
