"""A named group of contacts: static, whose members are named, or live, by a filter."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict


class SegmentKind(StrEnum):
    STATIC = "static"
    LIVE = "live"


class Segment(TypedDict):
    """`_id` is the segment's name.

    A static segment's members carry its name in their own `segments`, so one that nobody described
    has members all the same. where: a live one's filter, as it was written.
    """

    _id: str
    kind: SegmentKind
    where: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
