"""Accounts of people: invite, give a role, reset, shut and open again, end sessions."""

import re
from datetime import datetime

from accounts import passwords
from store import mongo, users
from store.documents.user import Role, User

_NAME = re.compile(r"[\w.@-]{1,64}")


class ImpossibleAccountError(Exception):
    """It cannot be done to this account; its words say why."""


def invite(db: mongo.Db, name: str, role: Role, now: datetime, *, reset: bool = False) -> str:
    """A one-time password for a new account, or for one whose password was never chosen.

    reset: for one that is in use, too; its own password and its sessions end. Raises
    ImpossibleAccountError.
    """
    if not _NAME.fullmatch(name):
        raise ImpossibleAccountError("A name is up to 64 letters, digits, dots, dashes or @.")
    standing = users.find(db, name)
    if standing and standing["password_hash"] and not reset:
        raise ImpossibleAccountError(f"{name} is there already; reset the account instead.")
    password = passwords.one_time()
    users.put_one_time(db, name, passwords.hashed(password), now, role)
    users.change(db, name, {"password_hash": None, "sessions": []})
    return password


def reset(db: mongo.Db, name: str, now: datetime) -> str:
    """A new one-time password; the old one and every session end. Raises ImpossibleAccountError."""
    return invite(db, name, Role(_known(db, name)["role"]), now, reset=True)


def set_role(db: mongo.Db, name: str, role: Role) -> None:
    """Felt with their next click. Raises ImpossibleAccountError: an admin must be left."""
    user = _known(db, name)
    if role != Role.ADMIN:
        _refuse_last_admin(db, user)
    users.change(db, name, {"role": role.value})


def shut(db: mongo.Db, name: str, now: datetime) -> None:
    """Let them in no more, from now on. The account stays, for what it did. Raises
    ImpossibleAccountError."""
    _refuse_last_admin(db, _known(db, name))
    users.change(db, name, {"disabled_at": now, "sessions": []})


def reopen(db: mongo.Db, name: str) -> None:
    """Let them in again, by the password they had. Raises ImpossibleAccountError."""
    _known(db, name)
    users.change(db, name, {"disabled_at": None})


def end_sessions(db: mongo.Db, name: str) -> None:
    """Sign them out everywhere. Raises ImpossibleAccountError."""
    _known(db, name)
    users.change(db, name, {"sessions": []})


def _known(db: mongo.Db, name: str) -> User:
    user = users.find(db, name)
    if user is None:
        raise ImpossibleAccountError(f"There is no account called {name}.")
    return user


def _refuse_last_admin(db: mongo.Db, user: User) -> None:
    others = [
        one
        for one in users.every(db)
        if one["_id"] != user["_id"] and one["role"] == Role.ADMIN and not one.get("disabled_at")
    ]
    if user["role"] == Role.ADMIN and not others:
        raise ImpossibleAccountError(
            "This is the last admin: make somebody else one first, or nobody could let people in."
        )
