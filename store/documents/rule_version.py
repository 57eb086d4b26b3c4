"""A published set of rule files, never altered."""

from datetime import datetime
from typing import TypedDict


class RuleVersion(TypedDict):
    """`_id` counts up from 1. files: {path below the folder: text}."""

    _id: int
    sha256: str
    files: list[tuple[str, str]]
    published_at: datetime
    published_by: str
    note: str
