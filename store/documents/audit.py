"""Who changed what: one row for one change, never changed itself."""

from datetime import datetime
from typing import Any, TypedDict

from bson import ObjectId


class AuditEntry(TypedDict):
    """action: the page's, route's or command's name. subject: what it was about, by name or id.
    noted: what else is worth knowing. Neither holds a phone number or a text."""

    _id: ObjectId
    at: datetime
    by: str
    action: str
    subject: dict[str, str]
    noted: dict[str, Any]
