"""What a call with an `Idempotency-Key` was answered with."""

from datetime import datetime
from typing import TypedDict


class Answered(TypedDict):
    """`_id` is a hash of caller and key. fingerprint: of the call, so that another one is noticed.

    status: None while the call is under way. Expires.
    """

    _id: str
    fingerprint: str
    begun_at: datetime
    status: int | None
    mimetype: str
    body: bytes
