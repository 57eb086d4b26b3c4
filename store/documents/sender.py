"""A phone number of ours, and whether Meta lets it send."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict


class Sender(TypedDict):
    """`_id` is Meta's phone_number_id. Blocked until then, or until resumed by hand (None)."""

    _id: str
    blocked: bool
    until: datetime | None
    code: int | None
    reason: str | None
    at: datetime
    notices: NotRequired[list[dict[str, Any]]]  # {at, field, event, value}: the last fifty
