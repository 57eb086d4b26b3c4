"""What somebody asks of contacts' changes: a segment that is entered or left, an attribute."""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from bson import ObjectId


class WatchKind(StrEnum):
    """static: a segment whose members are named. live: one by its filter."""

    STATIC = "static"
    LIVE = "live"
    ATTRIBUTE = "attribute"


EVERY = "*"  # the name that stands for every static segment, or for every attribute


class Watch(TypedDict):
    """`_id` is `<kind>:<name>`. What nobody watches costs nothing.

    A live one is `ready` once it is known who was in it when the watching began: they never
    entered it. filter: of which that is known, as a hash. after: how far that is. swept_at: when it
    was last asked, wholly, who is in it, which time alone may change.
    """

    _id: str
    kind: WatchKind
    name: str
    filter: str | None
    ready: bool
    after: ObjectId | None
    swept_at: datetime | None
