"""What a change of a contact is to those who watch: a segment entered or left, another attribute.

Every door through which contacts change keeps it with the change itself, in one write; and
`events/tell` makes events of it. Where nobody watches, nothing is kept. Pure, but for reading who
watches.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from store import mongo, watches
from store.documents.contact import Contact, News
from store.documents.watch import EVERY, Watch, WatchKind

ENTERED, LEFT, CHANGED = "segment_entered", "segment_left", "attribute_changed"
EVENTS = frozenset({ENTERED, LEFT, CHANGED})
LOOK = ""  # the event of nobody: see which live segments the contact is in
MAX_DEPTH = 5  # of changes that each bring about the next; a circle of rules would never end


@dataclass(frozen=True, slots=True)
class Watched:
    """live: whether any live segment is watched."""

    segments: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    live: bool = False

    def __bool__(self) -> bool:
        return self.live or bool(self.segments or self.attributes)

    def segment(self, name: str) -> bool:
        """Whether anybody watches this static segment."""
        return name in self.segments or EVERY in self.segments

    def attribute(self, name: str) -> bool:
        """Whether anybody watches this attribute."""
        return name in self.attributes or EVERY in self.attributes


def watched(db: mongo.Db) -> Watched:
    """What is watched now: one read of a few rows."""
    return of_rows(watches.every(db))


def of_rows(rows: Iterable[Watch]) -> Watched:
    """The same, of these rows. Pure."""
    by_kind: dict[str, set[str]] = {kind: set() for kind in WatchKind}
    for row in rows:
        by_kind[row["kind"]].add(row["name"])
    return Watched(
        frozenset(by_kind[WatchKind.STATIC]),
        frozenset(by_kind[WatchKind.ATTRIBUTE]),
        bool(by_kind[WatchKind.LIVE]),
    )


def news(
    on: Watched,
    before: Contact | None,
    after: Contact,
    now: datetime,
    *,
    cause: str | None = None,
    depth: int = 0,
) -> list[News]:
    """What is to be told of this change. before None: a new contact.

    cause: the same where the same change may be made again; else each call is a change of its own.
    """
    mark = cause or token_hex(8)
    had = set(before["segments"]) if before else set()
    has = set(after["segments"])
    told = [
        _one(name, {"segment": segment}, mark, now, depth)
        for name, segments in ((ENTERED, has - had), (LEFT, had - has))
        for segment in sorted(segments)
        if on.segment(segment)
    ]
    old: Mapping[str, Any] = before["attributes"] if before else {}
    for name in sorted(old.keys() | after["attributes"].keys()):
        was, is_ = old.get(name), after["attributes"].get(name)
        if (was != is_ or type(was) is not type(is_)) and on.attribute(name):
            told.append(
                _one(CHANGED, {"attribute": name, "from": was, "to": is_}, mark, now, depth)
            )
    if on.live and (told or _differs(before, after)):
        told.append(_one(LOOK, {}, mark, now, depth))
    return told


def _differs(before: Contact | None, after: Contact) -> bool:
    """Whether anything changed that a filter may ask about."""
    if before is None:
        return True
    asked = ("attributes", "segments", "language", "country", "consent")
    return any(before.get(name) != after.get(name) for name in asked)


def member(on: Watched, segment: str, *, entered: bool, now: datetime) -> list[News]:
    """What is to be told of each of many who are put in a static segment at once, or taken out."""
    mark = token_hex(8)
    name = ENTERED if entered else LEFT
    told = [_one(name, {"segment": segment}, mark, now, 0)] if on.segment(segment) else []
    return [*told, _one(LOOK, {}, mark, now, 0)] if on.live else told


def live(segment: str, *, entered: bool, now: datetime, depth: int) -> News:
    """What is to be told of somebody who came into a live segment, or is in it no more."""
    return _one(ENTERED if entered else LEFT, {"segment": segment}, token_hex(8), now, depth)


def pushed(told: Sequence[News]) -> dict[str, Any]:
    """MongoDB's change that keeps it with the contact; none where there is nothing to tell."""
    return {"$push": {"news": {"$each": list(told)}}} if told else {}


def _one(event: str, properties: dict[str, Any], mark: str, now: datetime, depth: int) -> News:
    about = properties.get("segment") or properties.get("attribute") or ""
    named = hashlib.sha256(f"{mark}:{event}:{about}".encode()).hexdigest()[:20]
    return {"id": named, "event": event, "properties": properties, "at": now, "depth": depth}
