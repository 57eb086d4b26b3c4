"""Make events of what changed about contacts and somebody watches: put in line with the rest.

It stands with the contact until its row is journaled, so that a crash between the two tells it
again, and the row's id tells it once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from bson import ObjectId

from config import logs, metrics
from contacts import changes, journaled
from contacts.filters.tree import holds
from contacts.identity import Identity
from contacts.segments import Directory
from events import rows
from runtime import Runtime
from store import inbox, news
from store.documents.contact import Contact, News
from store.documents.inbox import InboxItem, InboxKind

AT_ONCE = 500
_PREFIX = "n"

log = logs.get(__name__)


def tell(rt: Runtime, directory: Directory, live: Iterable[str], now: datetime) -> int:
    """Put in line what waits to be told, up to AT_ONCE people; how many there were.

    live: the watched live segments of which it is known who is in them. Safe to repeat.
    """
    waiting = news.waiting(rt.db, AT_ONCE)
    if not waiting:
        return 0
    looked = [one for one in waiting if any(not each["event"] for each in one.get("news", []))]
    _look(rt, directory, live, looked, now)
    told = [row for person in waiting for row in _rows(person, now)]
    inbox.journal(rt.db, told)
    news.told(rt.db, {one["_id"]: [each["id"] for each in one.get("news", [])] for one in waiting})
    journaled.wake(rt, told, urgent=True)
    return len(waiting)


def _look(
    rt: Runtime, directory: Directory, live: Iterable[str], people: Sequence[Contact], now: datetime
) -> None:
    """Who of these came into a live segment, or is in it no more."""
    turns: dict[str, list[tuple[ObjectId, bool, News | None]]] = defaultdict(list)
    for segment in live:
        tree = directory.whole.get(segment)
        if tree is None:
            continue
        for person in people:
            is_in = holds(tree, person, now)
            if is_in == (segment in person.get("in_live", [])):
                continue
            depth = max(each["depth"] for each in person["news"])
            told = changes.live(segment, entered=is_in, now=now, depth=depth)
            turns[segment].append((person["_id"], is_in, told))
    for segment, each in turns.items():
        news.turn(rt.db, segment, each)


def _rows(person: Contact, now: datetime) -> list[InboxItem]:
    who = Identity(person["wa_id"], person["bsuid"])
    found: list[InboxItem] = []
    for one in person.get("news", []):
        if not one["event"]:
            continue
        if one["depth"] > changes.MAX_DEPTH:
            log.error("changes bring about each other without an end", name=one["event"])
            metrics.CHANGES_CUT.inc()
            continue
        found.append(
            rows.happened(
                f"{_PREFIX}{one['depth']}:{person['_id']}:{one['id']}",
                InboxKind.CHANGE,
                one["event"],
                who,
                person["shard"],
                one["properties"],
                at=one["at"],
                received_at=now,
            )
        )
    return found


def depth_of(event_id: str) -> int:
    """Of how many changes, one brought about by the other, an event is the last; 0: of none. Pure.

    >>> depth_of("n2:6563f0:ab"), depth_of("m:wamid.1")
    (3, 0)
    """
    first, _, _ = event_id.partition(":")
    told = first.removeprefix(_PREFIX)
    return int(told) + 1 if first.startswith(_PREFIX) and told.isdigit() else 0
