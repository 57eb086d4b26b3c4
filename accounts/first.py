"""The first account: whoever has the set-up code makes it, once.

The code is printed at the terminal (`flask users setup-code`) and not into the log, which is kept
and sent elsewhere; and loopback alone proves nothing, since behind a proxy everybody comes from
there. Whoever can run the command could let people in anyway. It is made of SECRET_KEY, so that
nothing is stored and every process knows it; the first account ends it.
"""

import hashlib
import hmac
import secrets
from base64 import b32encode
from datetime import datetime

from accounts import passwords, people
from accounts.people import ImpossibleAccountError
from config.settings import Settings
from store import mongo, users
from store.documents.user import Role

_GROUP = 4
_LETTERS = 20  # a hundred bits


def is_needed(db: mongo.Db) -> bool:
    """Whether nobody has an account yet."""
    return not users.any_there(db)


def code(settings: Settings) -> str:
    """The set-up code of this installation, such as `k7mp-2xqd-9hrt-vw4n-c6ys`. Pure."""
    key = settings.secret_key.get_secret_value().encode()
    made = hmac.new(key, b"the first account", hashlib.sha256).digest()
    letters = b32encode(made).decode().lower()[:_LETTERS]
    return "-".join(letters[i : i + _GROUP] for i in range(0, _LETTERS, _GROUP))


def make(
    db: mongo.Db, settings: Settings, given: str, name: str, password: str, now: datetime
) -> None:
    """The first admin, with an own password. Raises ImpossibleAccountError, whose words say why."""
    if not is_needed(db):
        raise ImpossibleAccountError("There is an account already: sign in with it.")
    if not secrets.compare_digest(given.strip().lower().encode(), code(settings).encode()):
        raise ImpossibleAccountError("That is not the set-up code: `flask users setup-code` is.")
    if wrong := passwords.problem(password, name):
        raise ImpossibleAccountError(wrong)
    people.invite(db, name, Role.ADMIN, now)
    own = {"password_hash": passwords.hashed(password), "one_time_hash": None}
    users.change(db, name, own)
