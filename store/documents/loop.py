"""Answers that were cut since they were part of a loop: somebody answers our answers."""

from datetime import datetime
from typing import TypedDict

from bson import ObjectId


class Loop(TypedDict):
    """`_id` is the contact's; it expires a week after its last cut. cut: answers not sent."""

    _id: ObjectId
    first_at: datetime
    last_at: datetime
    cut: int
