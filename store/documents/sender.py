"""A phone number of ours, and whether Meta lets it send."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict


class Checked(TypedDict):
    """What Meta answered when it was asked of our number. fault: its words, or that it is away."""

    at: datetime
    fault: str | None
    code: int | None


class Sender(TypedDict):
    """`_id` is Meta's phone_number_id. Blocked until then, or until resumed by hand (None)."""

    _id: str
    blocked: bool
    until: datetime | None
    code: int | None
    reason: str | None
    at: datetime
    checked: NotRequired[Checked]
    notices: NotRequired[list[dict[str, Any]]]  # {at, field, event, value}: the last fifty
