"""How many people Meta lets a business write to in 24 hours, in each of the ways it says so. Pure.

Source: https://developers.facebook.com/docs/whatsapp/messaging-limits
"""

import re
from dataclasses import dataclass

_TIER = re.compile(r"TIER_([1-9]\d{0,8})(K|M)?")
_TIMES = {"": 1, "K": 1_000, "M": 1_000_000}
FIELDS = ("whatsapp_business_manager_messaging_limit", "messaging_limit_tier")
NEWS = ("max_daily_conversations_per_business", "current_limit")


@dataclass(frozen=True, slots=True)
class MessagingLimit:
    """people: in any 24 hours; None: as many as one likes."""

    people: int | None


def read(said: object) -> MessagingLimit | None:
    """A limit as Meta writes it; None of what is none, or not known yet.

    >>> read("TIER_2K"), read(250), read(-1), read("TIER_NOT_SET")
    (MessagingLimit(people=2000), MessagingLimit(people=250), MessagingLimit(people=None), None)
    """
    if isinstance(said, bool):
        return None
    text = str(said).strip().upper() if isinstance(said, int | str) else ""
    if text in ("TIER_UNLIMITED", "-1"):
        return MessagingLimit(None)
    if found := _TIER.fullmatch(text):
        return MessagingLimit(int(found[1]) * _TIMES[found[2] or ""])
    return MessagingLimit(int(text)) if re.fullmatch(r"[1-9]\d{0,9}", text) else None


def first(row: object, fields: tuple[str, ...]) -> MessagingLimit | None:
    """The first of `fields` that tells a limit."""
    given = row if isinstance(row, dict) else {}
    return next((found for field in fields if (found := read(given.get(field)))), None)
