"""Somebody who may open the admin pages."""

from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    VIEWER = "viewer"
    MARKETER = "marketer"
    ADMIN = "admin"


class Session(TypedDict):
    """One signed-in browser. id: SHA-256 of the secret that its cookie carries."""

    id: str
    until: datetime
    seen_at: NotRequired[datetime]  # to the minute


class User(TypedDict):
    """`_id` is the name. Both hashes are argon2id; a one-time password is gone once used."""

    _id: str
    role: Role
    password_hash: str | None
    one_time_hash: str | None
    failures: int
    locked_until: datetime | None
    created_at: datetime
    last_login_at: datetime | None
    known_failures: NotRequired[int]  # from browsers that were signed in before
    known_locked_until: NotRequired[datetime | None]
    disabled_at: NotRequired[datetime | None]
    sessions: NotRequired[list[Session]]  # so that signing out ends one, whoever kept the cookie
