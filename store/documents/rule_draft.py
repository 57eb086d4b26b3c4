"""Rule files that somebody is working on, which decide nothing until they are published."""

from datetime import datetime
from typing import TypedDict


class RuleDraft(TypedDict):
    """There is one, the workspace's. files as in a version.

    base: the version it was begun from, 0 before the first.
    """

    _id: str
    files: list[tuple[str, str]]
    base: int
    saved_at: datetime
    saved_by: str
