"""Which deliveries a number of a report counts, as a filter of MongoDB's. Pure.

It says in MongoDB's words what `store.marks` says of one delivery.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from store import marks
from store.documents.delivery import DeliveryStatus

# When each thing happened: at the first of these that is known.
_PATHS: dict[str, tuple[str, ...]] = {
    "accepted": ("times.accepted", "times.sent", "times.delivered", "times.read", "times.played"),
    "sent": ("times.sent", "times.delivered", "times.read", "times.played"),
    "delivered": ("times.delivered", "times.read", "times.played"),
    "read": ("times.read", "times.played"),
    "failed": ("error.at", "status_at"),
    "replied": ("reply.at",),
    "clicked": ("times.clicked", "reply.at", "status_at"),
    "opted_out": ("times.opted_out",),
    "goals": ("times.goal",),
    "skipped": ("status_at",),
    "priced": ("times.sent", "times.delivered", "times.read", "times.played", "status_at"),
}
# What a key counts, and so when it did.
_WHAT_OF = {"code": "failed", "reason": "skipped", "button": "clicked", "priced": "priced",
            "billable": "priced"}  # fmt: skip
KEYS = ("what", "status", "code", "reason", "button", "priced", "billable", "language", "country",
        "segment", "variant", "step", "hour", "run", "since", "until", "after")  # fmt: skip
_OTHERS = ("run", "since", "until", "after")


class AskedError(ValueError):
    """What was asked for names no number; the sentence says why."""


def query(asked: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """MongoDB's filter for these of KEYS; hours are `zone`'s. Raises AskedError.

    >>> query({"code": "131026"}, ZoneInfo("UTC"))
    {'$and': [{'status': 'failed', 'error.code': 131026}]}
    """
    named = [key for key in KEYS if asked.get(key) and key not in _OTHERS]
    parts = [_part(key, asked[key], zone) for key in named]
    since, until = _moment(asked, "since"), _moment(asked, "until")
    if since or until:
        whats = {asked[key] if key == "what" else _WHAT_OF.get(key) for key in named} - {None}
        if not whats:
            raise AskedError("`since` and `until` need `what`, or another key that says what")
        parts += [_at(str(what), since, until) for what in sorted(map(str, whats))]
    return {"$and": parts} if parts else {}


def _part(key: str, value: str, zone: ZoneInfo) -> dict[str, Any]:
    if key == "what":
        return _happened(value)
    if key == "status":
        return _standing(value)
    if key == "code":
        return {"status": "failed", "error.code": None if value == "none" else number(key, value)}
    if key == "reason":
        return {"status": "skipped", "reason": None if value == "none" else value}
    if key in ("priced", "billable"):
        return _priced(value, key == "billable")
    if key == "step":
        return {"step": number(key, value)}
    if key == "hour":
        local = {"$hour": {"date": "$times.accepted", "timezone": zone.key}}
        return {"$expr": {"$eq": [local, number(key, value)]}}
    paths = {"button": "clicks", "segment": "of.segments"}
    return {paths.get(key, f"of.{key}"): value}


def _standing(status: str) -> dict[str, Any]:
    if status not in set(DeliveryStatus):
        raise AskedError(f"`status` is none of {', '.join(DeliveryStatus)}")
    # What was played was read, as in the funnel.
    return {"status": {"$in": ["read", "played"]} if status == "read" else status}


def _happened(what: str) -> dict[str, Any]:
    if what not in marks.WHATS:
        raise AskedError(f"`what` is none of {', '.join(marks.WHATS)}")
    if what == "failed":
        return {"status": "failed"}
    if what == "clicked":
        return {"clicks.0": {"$exists": True}}
    return {"$or": [{path: {"$exists": True}} for path in _PATHS[what]]}


def _priced(category: str, charged: bool) -> dict[str, Any]:
    """As `marks.priced` counts them."""
    found: dict[str, Any] = {
        "pricing.category": {"$in": [None, ""]} if category == "unknown" else category,
        "pricing": {"$ne": None},
    }
    if charged:
        found |= {"pricing.type": {"$in": [None, "regular"]}, "pricing.billable": {"$ne": False}}
    return found


def _at(what: str, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """That it happened then: at the first of its times that is known."""
    meant = {key: at for key, at in (("$gte", since), ("$lt", until)) if at is not None}
    paths = _PATHS[what]
    return {
        "$or": [{**dict.fromkeys(paths[:place]), path: meant} for place, path in enumerate(paths)]
    }


def _moment(asked: Mapping[str, str], key: str) -> datetime | None:
    if not asked.get(key):
        return None
    try:
        at = datetime.fromisoformat(asked[key])
    except ValueError:
        at = datetime.min  # noqa: DTZ901 - one without a zone, which is refused just below
    if at.tzinfo is None:
        raise AskedError(f"`{key}` is a moment with its zone, such as 2026-11-24T00:00:00+05:30")
    return at


def number(key: str, value: str) -> int:
    """A whole number that was asked for. Raises AskedError."""
    if not value.lstrip("-").isdecimal() or len(value) > 18:
        raise AskedError(f"`{key}` is a number")
    return int(value)
