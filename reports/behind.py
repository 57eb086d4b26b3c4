"""The people behind a number: which deliveries it counts, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bson import ObjectId
from bson.errors import InvalidId

from reports.numbers import AskedError, number, query
from store import campaigns, contacts, figures, mongo
from store.documents.campaign import Run
from store.documents.contact import Contact
from store.documents.delivery import Delivery

_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class Page:
    """Some of them. next: what to ask for with `after` to go on, None where these are the last.

    A page may hold fewer than were asked for, and yet have a next: it looks at so many deliveries
    and no more, so that it opens as fast for what is rare.
    """

    rows: list[tuple[Delivery, Contact | None]]
    next: str | None


def page(
    db: mongo.Db, name: str, asked: Mapping[str, str], limit: int, zone: ZoneInfo
) -> Page | None:
    """The next deliveries of a campaign that a number counts, oldest first, newest run first.

    asked: of `numbers.KEYS`. None where there is no such campaign or run. Raises AskedError.
    """
    wanted = query(asked, zone)
    if campaigns.find(db, name) is None:
        return None
    runs = campaigns.runs_of(db, name, _RUNS)
    if asked.get("run"):
        runs = [run for run in runs if run["number"] == number("run", asked["run"])]
        if not runs:
            return None
    begun, after = _cursor(asked.get("after"))
    left = [run for run in runs if begun is None or run["number"] <= begun]
    if not left:
        return Page([], None)
    run = left[0]
    found, last = figures.behind(
        db, run["_id"], wanted, after if run["number"] == begun else None, limit
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
