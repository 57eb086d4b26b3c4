"""How many people Meta lets us write to in 24 hours, and to how many we wrote."""

from datetime import datetime
from typing import NotRequired, TypedDict

from bson import ObjectId


class Reach(TypedDict):
    """`_id` is the WhatsApp business account. Slots are counted in five minutes since 1970.

    limit: people in 24 hours; None: as many as we like. people: {slot: to how many we wrote last
    in it}, each person in one. promised: {slot: how many messages were told to come back in it}.
    """

    _id: str
    limit: NotRequired[int | None]
    told_at: NotRequired[datetime]
    people: NotRequired[dict[str, int]]
    promised: NotRequired[dict[str, int]]


class Reached(TypedDict):
    """Somebody we wrote to of our own accord. `_id` is the contact's; it expires."""

    _id: ObjectId
    slot: int
    at: datetime
