"""Do not disturb: whom we must not write to, kept by identity and not by contact."""

from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict


class Scope(StrEnum):
    """`all` holds back everything automated; `marketing` only marketing."""

    MARKETING = "marketing"
    ALL = "all"


class SuppressionChange(TypedDict):
    """One line of the history, never altered."""

    at: datetime
    change: str  # suppressed | lifted
    scope: Scope
    source: str  # keyword, button, preference, error, rule, api, import, page, command line
    reason: str | None
    until: datetime | None
    evidence: str | None  # the wamid, the file or the colleague that shows it


class Suppression(TypedDict):
    """`_id` is the SHA-256 of the identity, so that erasing the person can leave it standing.

    scope is None once lifted; the history stays. own: what the person asked for themselves; it
    stands until they or somebody by hand lift it, whatever the shop sets beside it for a time.
    """

    _id: str
    identity: NotRequired[str]  # "wa_id:…" or "bsuid:…"; absent after erasure
    scope: Scope | None
    own: NotRequired[Scope | None]
    until: datetime | None
    source: str
    reason: str | None
    at: datetime
    history: list[SuppressionChange]
