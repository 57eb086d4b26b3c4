"""The hours in which a triggered campaign writes, and what becomes of it at others. Pure."""

import re
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from config.strict import Strict

RECIPIENT = "recipient"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _time(value: str) -> str:
    if not _CLOCK.fullmatch(value):
        raise ValueError(f'{value!r} is no time of day such as "09:30", in quotes')
    return value


Clock = Annotated[str, AfterValidator(_time)]


class ActiveHours(Strict):
    """between: from and to. timezone: whose clock, IANA, or `recipient`: each person's own.
    outside: whether a message waits for the next such hour, or is dropped."""

    between: tuple[Clock, Clock]
    on: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    timezone: str = RECIPIENT
    outside: Literal["wait", "drop"] = "wait"

    @model_validator(mode="after")
    def _some_hours(self) -> "ActiveHours":
        if self.between[0] == self.between[1]:
            raise ValueError("begin when they end; leave them out for the whole day")
        if self.timezone != RECIPIENT and self.timezone not in available_timezones():
            raise ValueError(
                f"timezone {self.timezone!r} is no IANA time zone such as Asia/Kolkata, "
                "and not recipient"
            )
        return self

    def kept(self) -> dict[str, Any]:
        """As a delivery keeps them: {from, to, on: [0, …], timezone: None for the person's own,
        outside}."""
        return {
            "from": self.between[0],
            "to": self.between[1],
            "on": sorted(WEEKDAYS.index(day) for day in self.on),
            "timezone": None if self.timezone == RECIPIENT else self.timezone,
            "outside": self.outside,
        }
