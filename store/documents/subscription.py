"""Another system that wants to be told what becomes of messages, and what it was told."""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from bson import ObjectId


class SubscriptionState(StrEnum):
    """stopped: too many posts in a row were not taken; somebody lets it go on."""

    ACTIVE = "active"
    STOPPED = "stopped"


class Subscription(TypedDict):
    """`_id` is its name. told_until: everything handled until then was told.

    next_at: when it is looked at next. failures: posts in a row that were not taken.
    """

    _id: str
    url: str
    events: list[str]
    state: SubscriptionState
    told_until: datetime
    next_at: datetime
    lease_until: datetime | None
    failures: int
    created_at: datetime
    created_by: str


class Telling(TypedDict):
    """One post: what was told of everything handled after `since` until `until`. error: None where
    it was taken. again: somebody had it sent again. Expires."""

    _id: ObjectId
    subscription: str
    at: datetime
    since: datetime
    until: datetime
    count: int
    error: str | None
    again: bool
