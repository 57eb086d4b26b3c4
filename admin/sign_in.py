"""Let somebody in by name and password, slowly for those who guess."""

import hashlib
import secrets
from datetime import datetime, timedelta

from accounts import passwords
from store import mongo, users
from store.documents.user import Session, User

LASTS = timedelta(hours=12)
IDLE = timedelta(hours=2)
_SEEN_EVERY = timedelta(minutes=1)
_FREE_TRIES = 5
_LONGEST_LOCK = timedelta(hours=1)


def lock_after(tries: int) -> timedelta | None:
    """How long no password is looked at after so many wrong ones in a row. Pure.

    >>> [str(lock_after(n)) for n in (4, 5, 6, 7, 30)]
    ['None', '0:01:00', '0:02:00', '0:04:00', '1:00:00']
    """
    if tries < _FREE_TRIES:
        return None
    return min(_LONGEST_LOCK, timedelta(minutes=2 ** min(tries - _FREE_TRIES, 10)))


def enter(
    db: mongo.Db, name: str, password: str, now: datetime, *, known: bool = False
) -> str | None:
    """The secret of a new session, or None: unknown, wrong, locked all look and last the same.

    A one-time password is spent by it. known: this browser was signed in as `name` before, so that
    strangers who guess do not lock out who works here every day.
    """
    user = users.find(db, name)
    if user is None:
        passwords.matches(None, password)  # so that a name that is not there takes as long
        return None
    return open_session(db, name, now) if check(db, user, password, now, known=known) else None


def check(db: mongo.Db, user: User, password: str, now: datetime, *, known: bool = True) -> bool:
    """Whether this is the user's password, own or one-time. A try counts before it is looked at."""
    locked_until = user.get("known_locked_until") if known else user["locked_until"]
    if user.get("disabled_at") or (locked_until is not None and locked_until > now):
        return passwords.matches(None, password)
    failures = user.get("known_failures", 0) if known else user["failures"]
    lock = lock_after(failures + 1)
    if not users.begin_try(db, user, now + lock if lock else None, known=known):
        return passwords.matches(None, password)
    own, once = user["password_hash"], user["one_time_hash"]
    if passwords.matches(own, password):
        if own and passwords.is_outdated(own):
            users.change(db, user["_id"], {"password_hash": passwords.hashed(password)})
        return True
    if once is None or not passwords.matches(once, password.strip()):
        return False
    return users.spend_one_time(db, user["_id"], once)


def open_session(db: mongo.Db, name: str, now: datetime) -> str:
    """Let a browser in for LASTS; return the secret that it shows."""
    secret = secrets.token_urlsafe(24)
    users.open_session(
        db, name, Session(id=session_id(secret), until=now + LASTS, seen_at=now), now
    )
    return secret


def session_id(secret: str) -> str:
    """What is stored of a session's secret, so that reading the database lets nobody in. Pure."""
    return hashlib.sha256(secret.encode()).hexdigest()


def standing(user: User, secret: str, now: datetime) -> Session | None:
    """The session of this secret, if it stands: begun within LASTS, looked at within IDLE. Pure."""
    wanted = session_id(secret)
    if user.get("disabled_at"):
        return None
    for session in user.get("sessions", []):
        fresh = session["until"] > now and session.get("seen_at", now) + IDLE > now
        if secrets.compare_digest(session["id"], wanted) and fresh:
            return session
    return None


def is_open(user: User, secret: str, now: datetime) -> bool:
    """Whether the session of this secret still stands. Pure."""
    return standing(user, secret, now) is not None


def keep_open(db: mongo.Db, user: User, secret: str, now: datetime) -> bool:
    """Whether it stands; that it was looked at is noted once a minute."""
    session = standing(user, secret, now)
    if session is None:
        return False
    if now - session.get("seen_at", now - IDLE) >= _SEEN_EVERY:
        users.touch_session(db, user["_id"], session["id"], now)
    return True
