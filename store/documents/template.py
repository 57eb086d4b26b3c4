"""A message template as Meta keeps it."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict


class Template(TypedDict):
    """`_id` is `name:language`. status and category are Meta's words in upper case."""

    _id: str
    meta_id: str | None
    name: str
    language: str
    category: str  # MARKETING | UTILITY | AUTHENTICATION
    status: str  # APPROVED, PAUSED, REJECTED …
    parameter_format: str  # NAMED | POSITIONAL
    components: list[dict[str, Any]]
    quality: str | None
    reason: str | None  # why it was rejected or paused
    synced_at: datetime
    links: NotRequired[list[int]]  # places of buttons that lead to LINKS_URL/r/…
