"""A token of another system for the API."""

from datetime import datetime
from typing import TypedDict


class ApiToken(TypedDict):
    """`_id` is the name of the system. hash: SHA-256 of the token, which nobody keeps.

    revoked_at: None while it opens anything. last_used_at: to the minute.
    """

    _id: str
    hash: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None
