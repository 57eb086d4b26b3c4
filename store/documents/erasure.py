"""A person we forgot: what was under way then, or comes late, is forgotten too."""

from datetime import datetime
from typing import TypedDict

from bson import ObjectId


class Erasure(TypedDict):
    """It names nobody. contact_ids: which they were known by here. who: as in the journal.

    due_at: when to look again. until: nothing about them is to be expected after that.
    """

    _id: ObjectId
    contact_ids: list[ObjectId]
    who: list[str]
    at: datetime
    due_at: datetime
    until: datetime
