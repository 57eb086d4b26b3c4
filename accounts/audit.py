"""The one room in which it is written down who changed what.

Pages, API and commands come through here after each change that succeeded, whichever service made
it: the doors know who it was, and a new route cannot be forgotten. What the services keep besides
(versions of rules, the history of a campaign or a suppression) says what exactly was changed.
"""

import hashlib
import hmac
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from bson import ObjectId

from config import logs
from config.settings import Settings
from store import audit, mongo

log = logs.get(__name__)

# Of a person, whom the trail names by a stand-in.
_PERSONS = frozenset({"phone", "identity"})
_LONGEST = 200
_noted: ContextVar[dict[str, Any] | None] = ContextVar("noted", default=None)


def note(**facts: Any) -> None:
    """Say more of the change that is under way: `audit.note(role="viewer")`. Never a phone number
    or a text that somebody wrote."""
    _noted.set({**(_noted.get() or {}), **facts})


def begin() -> None:
    """Another change is under way: what was noted of the last is none of its business."""
    _noted.set(None)


def record(
    db: mongo.Db,
    settings: Settings,
    *,
    by: str,
    action: str,
    subject: Mapping[str, Any],
    now: datetime,
) -> None:
    """Write down that `by` did `action` to `subject`, which is done already.

    Where it cannot be written the log says so: undoing what was done would be no better.
    """
    try:
        audit.insert(
            db,
            {
                "_id": ObjectId(),
                "at": now,
                "by": by,
                "action": action,
                "subject": {key: _told(settings, key, value) for key, value in subject.items()},
                "noted": _noted.get() or {},
            },
        )
    except mongo.StoreError:
        log.exception("a change was not written down", action=action)


def _told(settings: Settings, key: str, value: Any) -> str:
    text = str(value)
    return person(settings, text) if key in _PERSONS else text[:_LONGEST]


def person(settings: Settings, phone: str) -> str:
    """The stand-in for a person: the same number in any form gives the same, and without
    SECRET_KEY nobody finds the number by trying all. Pure.
    """
    written = phone.strip(" +-()0123456789") == ""
    digits = "".join(letter for letter in phone if letter.isdigit()) if written else phone
    key = settings.secret_key.get_secret_value().encode()
    return "person:" + hmac.new(key, b"audit:" + digits.encode(), hashlib.sha256).hexdigest()[:16]
