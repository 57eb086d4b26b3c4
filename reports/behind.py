"""The people behind a number: which deliveries it counts, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId

from store import campaigns, contacts, figures, marks, mongo
from store.documents.campaign import Run
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus

_RUNS = 100_000
_PATHS: dict[str, list[str]] = {
    "accepted": ["times.accepted", "times.sent", "times.delivered", "times.read", "times.played"],
    "sent": ["times.sent", "times.delivered", "times.read", "times.played"],
    "delivered": ["times.delivered", "times.read", "times.played"],
    "read": ["times.read", "times.played"],
    "replied": ["reply.at"],
    "clicked": ["clicks.0"],
    "opted_out": ["times.opted_out"],
    "goals": ["times.goal"],
}
KEYS = ("what", "status", "code", "reason", "button", "language", "country", "segment", "variant",
        "step", "run", "after")  # fmt: skip


class AskedError(ValueError):
    """What was asked for names no number; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of them. next: what to ask for with `after` to go on, None where these are the last.

    A page may hold fewer than were asked for, and yet have a next: it looks at so many deliveries
    and no more, so that it opens as fast for what is rare.
    """

    rows: list[tuple[Delivery, Contact | None]]
    next: str | None


def query(asked: Mapping[str, str]) -> dict[str, Any]:
    """MongoDB's filter for these of KEYS. Raises AskedError. Pure.

    >>> query({"code": "131026"})
    {'$and': [{'status': 'failed', 'error.code': 131026}]}
    """
    named = [key for key in KEYS if asked.get(key) and key not in ("run", "after")]
    parts = [_part(key, asked[key]) for key in named]
    return {"$and": parts} if parts else {}


def _part(key: str, value: str) -> dict[str, Any]:
    if key == "what":
        return _happened(value)
    if key == "status":
        if value not in set(DeliveryStatus):
            raise AskedError(f"`status` is none of {', '.join(DeliveryStatus)}")
        return {"status": value}
    if key == "code":
        return {"status": "failed", "error.code": None if value == "none" else _number(key, value)}
    if key == "step":
        return {"step": _number(key, value)}
    paths = {"reason": "reason", "button": "clicks", "segment": "of.segments"}
    return {paths.get(key, f"of.{key}"): value}


def _happened(what: str) -> dict[str, Any]:
    if what not in marks.WHATS:
        raise AskedError(f"`what` is none of {', '.join(marks.WHATS)}")
    if what == "failed":
        return {"status": "failed"}
    return {"$or": [{path: {"$exists": True}} for path in _PATHS[what]]}


def _number(key: str, value: str) -> int:
    if not value.lstrip("-").isdecimal():
        raise AskedError(f"`{key}` is a number")
    return int(value)


def page(db: mongo.Db, name: str, asked: Mapping[str, str], limit: int) -> Page | None:
    """The next deliveries of a campaign that a number counts, oldest first, newest run first.

    None where there is no such campaign or run. Raises AskedError.
    """
    wanted = query(asked)
    if campaigns.find(db, name) is None:
        return None
    runs = campaigns.runs_of(db, name, _RUNS)
    if asked.get("run"):
        runs = [run for run in runs if run["number"] == _number("run", asked["run"])]
        if not runs:
            return None
    number, after = _cursor(asked.get("after"))
    left = [run for run in runs if number is None or run["number"] <= number]
    if not left:
        return Page([], None)
    run = left[0]
    found, last = figures.behind(
        db, run["_id"], wanted, after if run["number"] == number else None, limit
    )
    people = contacts.by_ids(db, [row["contact_id"] for row in found])
    return Page([(row, people.get(row["contact_id"])) for row in found], _next(left, last))


def _next(left: list[Run], last: ObjectId | None) -> str | None:
    if last is not None:
        return f"{left[0]['number']}:{last}"
    return f"{left[1]['number']}:" if len(left) > 1 else None


def _cursor(text: str | None) -> tuple[int | None, ObjectId | None]:
    if not text:
        return None, None
    number, _, after = text.partition(":")
    try:
        return int(number), ObjectId(after) if after else None
    except (ValueError, InvalidId):
        raise AskedError("`after` is what an answer gave as `next`") from None
