"""Tokens of other systems: made once, shown once, kept as a hash, revoked by name."""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime

from accounts.scopes import Scope
from store import api_tokens, mongo
from store.documents.api_token import ApiToken

# So that a scanner of repositories, and whoever finds one in a file, knows what it is.
PREFIX = "drumbeat_"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class ImpossibleTokenError(Exception):
    """It cannot be made or revoked; its words say why."""


def make(db: mongo.Db, name: str, scopes: Collection[Scope], by: str, now: datetime) -> str:
    """A new token for the system `name`. What is returned is shown once and kept nowhere.

    Raises ImpossibleTokenError.
    """
    if not _NAME.fullmatch(name):
        raise ImpossibleTokenError(
            "A system's name is up to 64 small letters, digits, dots, dashes or underscores."
        )
    if not scopes:
        raise ImpossibleTokenError("Give it a scope: a token without one opens nothing.")
    token = PREFIX + secrets.token_urlsafe(32)
    row: ApiToken = {
        "_id": name,
        "hash": hashed(token),
        "scopes": sorted(scopes),
        "created_at": now,
        "created_by": by,
        "last_used_at": None,
        "revoked_at": None,
    }
    if not api_tokens.insert(db, row):
        raise ImpossibleTokenError(
            f"There is, or was, a token called {name}. Choose another name, so that what is told "
            "of it stays clear."
        )
    return token


def hashed(token: str) -> str:
    """What is stored of it. It has 256 random bits, so one plain hash keeps it. Pure."""
    return hashlib.sha256(token.encode()).hexdigest()


def find(db: mongo.Db, token: str, now: datetime) -> ApiToken | None:
    """Whose it is, if it stands; that it was used is noted."""
    row = api_tokens.by_hash(db, hashed(token))
    if row is not None:
        api_tokens.note_use(db, row, now)
    return row


def revoke(db: mongo.Db, name: str, now: datetime) -> None:
    """Let it open nothing any more, from the next call on. Raises ImpossibleTokenError."""
    if not api_tokens.revoke(db, name, now):
        raise ImpossibleTokenError(f"No token called {name} stands.")
