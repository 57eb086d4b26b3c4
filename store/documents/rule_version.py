"""A published set of rule files, never altered."""

from datetime import datetime
from typing import NotRequired, TypedDict


class FileChange(TypedDict):
    """change: added | removed | changed. plus, minus: lines that came and went."""

    file: str
    change: str
    plus: int
    minus: int


class NameChanges(TypedDict):
    """Names of rules, or of intents, sorted."""

    added: list[str]
    changed: list[str]
    removed: list[str]


class Changes(TypedDict):
    """What a version changed against the one before it."""

    files: list[FileChange]
    rules: NameChanges
    intents: NameChanges


class Telling(TypedDict):
    """What rules want to hear of campaigns' messages, and nobody reports by itself.

    after_s: of a negative. campaigns: folded, as rules compare them; None: of any.
    """

    event: str
    after_s: int | None
    campaigns: list[str] | None


class RuleVersion(TypedDict):
    """`_id` counts up from 1. files: {path below the folder: text}.

    restores: the version whose files these are again, where it is a rollback. changes: None for
    versions from before they were kept.
    """

    _id: int
    sha256: str
    files: list[tuple[str, str]]
    published_at: datetime
    published_by: str
    note: str
    restores: int | None
    changes: Changes | None
    watches: NotRequired[dict[str, list[str]]]  # {segment | attribute: names, or `*` for any}
    intents: NotRequired[list[str]]  # that they define, by name; absent in older versions
    tells: NotRequired[list[Telling]]  # absent in older versions, which ask for none
