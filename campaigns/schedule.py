"""When a one-time campaign goes out: at one moment, or at one hour on each person's clock. Pure."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, model_validator

from config.strict import Strict, UnfitError, shown

RECIPIENT = "recipient"
_WALL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
# Kiribati's clocks are the first to show an hour, and those of ships in the far west the last.
_EARLIEST = timezone(timedelta(hours=14))
_LATEST = timezone(timedelta(hours=-12))


@cache
def _zones() -> frozenset[str]:
    """Known to this machine. Asked once: to list them, tzdata's folders are walked through."""
    return frozenset(available_timezones())


def _wall_time(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None).isoformat()
    if not isinstance(value, str) or not _WALL.fullmatch(value):
        raise UnfitError(f"expected a time such as 2026-11-30T10:00, got {shown(value)}")
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise UnfitError(f"{value!r} is no date and time of the calendar") from None
    return value


class Schedule(Strict):
    """at: what the clock shows. timezone: whose clock, IANA, or `recipient`: each person's own."""

    at: Annotated[str, BeforeValidator(_wall_time)]
    timezone: str

    @model_validator(mode="after")
    def _known_zone(self) -> "Schedule":
        if self.timezone != RECIPIENT and self.timezone not in _zones():
            raise ValueError(
                f"timezone {self.timezone!r} is no IANA time zone such as Asia/Kolkata, "
                "and not recipient"
            )
        return self

    @property
    def by_recipient(self) -> bool:
        """Whether each person's own clock decides."""
        return self.timezone == RECIPIENT

    def zone(self) -> tzinfo:
        """Whose clock; the first to show an hour, where it is each person's own."""
        return _EARLIEST if self.by_recipient else ZoneInfo(self.timezone)

    def begins(self) -> datetime:
        """When the first message may leave, UTC."""
        return self._shown_by(self.zone())

    def ends(self) -> datetime:
        """When the last clock shows it, UTC."""
        return self._shown_by(_LATEST if self.by_recipient else ZoneInfo(self.timezone))

    def moment_for(self, zone: tzinfo) -> datetime:
        """When a person whose clock is `zone` should get it, UTC.

        An hour that a clock skips in spring is taken as the hour after it.

        >>> at_ten = Schedule(at="2026-11-30T10:00", timezone="recipient")
        >>> at_ten.moment_for(ZoneInfo("Asia/Kolkata"))
        datetime.datetime(2026, 11, 30, 4, 30, tzinfo=datetime.timezone.utc)
        """
        return self._shown_by(zone) if self.by_recipient else self.begins()

    def _shown_by(self, zone: tzinfo) -> datetime:
        return datetime.fromisoformat(self.at).replace(tzinfo=zone).astimezone(UTC)
