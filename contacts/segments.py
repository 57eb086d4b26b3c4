"""Segments: describing them, and who is in them. Static ones name their members, live ones ask.

A live segment's members stand nowhere: they follow from its filter at the moment that counts. In
one contact's facts that is asked in memory, of many contacts by one query.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from config import logs
from contacts import changes
from contacts.filters.expand import EndlessFilterError, expand
from contacts.filters.read import Filter, InvalidFilterError, read
from contacts.filters.tree import Member, Node, holds, leaves
from contacts.filters.words import sentence
from store import mongo, segments
from store.documents.contact import Contact
from store.documents.segment import Segment, SegmentKind

_TAKEN_OUT_AT_ONCE = 1_000
_PATIENCE_S = 30.0
_LOOK_AGAIN_S = 1.0

log = logs.get(__name__)


class ImpossibleSegmentError(Exception):
    """What was asked cannot be done with this segment; the text says why, and what can."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The live segments as they are described now. filters: as written; whole: expanded.

    broken: {name: why} of those that ask nothing that can be asked. Nobody is in them, and who
    needs to know more precisely is refused.
    """

    filters: Mapping[str, Node]
    whole: Mapping[str, Node]
    broken: Mapping[str, str]

    def of(self, contact: Contact, now: datetime) -> frozenset[str]:
        """Every segment the contact is in at `now`, static and live. Pure."""
        named = {name for name in contact["segments"] if name not in self.filters}
        return frozenset(named) | {
            name for name, tree in self.whole.items() if holds(tree, contact, now)
        }

    def expand(self, node: Node) -> Node:
        """`node`, as it can be asked. Raises ImpossibleSegmentError where it names a broken one.

        Refused and not left out: a broken segment that is excluded would exclude nobody.
        """
        for leaf in leaves(node):
            if isinstance(leaf, Member) and leaf.segment in self.broken:
                raise ImpossibleSegmentError(
                    f"the live segment {leaf.segment} cannot be asked: {self.broken[leaf.segment]}"
                )
        return _expanded(node, self.filters)


def _expanded(node: Node, filters: Mapping[str, Node]) -> Node:
    try:
        return expand(node, filters)
    except EndlessFilterError as error:
        raise ImpossibleSegmentError(str(error)) from None


def directory(db: mongo.Db) -> Directory:
    """All live segments, read now."""
    return of_rows(segments.every(db))


def of_rows(rows: list[Segment]) -> Directory:
    """The directory of these segments. Pure."""
    filters: dict[str, Node] = {}
    broken: dict[str, str] = {}
    for row in rows:
        if row["kind"] == SegmentKind.LIVE:
            try:
                filters[row["_id"]] = read(row["where"]).tree
            except InvalidFilterError as error:  # written by a newer version
                broken[row["_id"]] = str(error)
    whole: dict[str, Node] = {}
    for name in filters:
        try:
            whole[name] = expand(Member(name), filters)
        except EndlessFilterError as error:
            broken[name] = str(error)
    _spread(filters, whole, broken)
    return Directory(filters, whole, broken)


def _spread(filters: dict[str, Node], whole: dict[str, Node], broken: dict[str, str]) -> None:
    """A live segment that names a broken one is broken too."""
    while infected := [
        (name, leaf.segment)
        for name in whole
        for leaf in leaves(filters[name])
        if isinstance(leaf, Member) and leaf.segment in broken
    ]:
        for name, segment in infected:
            whole.pop(name, None)
            broken.setdefault(name, f"it asks for {segment}")


class Directories:
    """The directory of this process, read again at most once a second. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: Directory | None = None
        self._rows: list[Segment] = []
        self._looked_at = 0.0

    def current(self, db: mongo.Db) -> Directory:
        with self._lock:
            now = time.monotonic()
            if self._kept is None or now - self._looked_at >= _LOOK_AGAIN_S:
                rows = segments.every(db)
                if self._kept is None or rows != self._rows:
                    self._kept, self._rows = of_rows(rows), rows
                    for name, reason in self._kept.broken.items():
                        log.error("a live segment cannot be asked", name=name, reason=reason)
                self._looked_at = now
            return self._kept


@dataclass(frozen=True, slots=True)
class Shown:
    """A segment as people see it. words: whom it means, as a sentence."""

    segment: str
    kind: SegmentKind
    where: Mapping[str, Any] | None
    words: str
    created_at: datetime | None
    updated_at: datetime | None


def shown(row: Segment) -> Shown:
    """A segment that somebody described. Pure."""
    words = f"people who are in {row['_id']}"
    if row["kind"] == SegmentKind.LIVE:
        try:
            words = sentence(read(row["where"]).tree)
        except InvalidFilterError as error:
            words = f"nobody: {error}"
    return Shown(row["_id"], row["kind"], row["where"], words, row["created_at"], row["updated_at"])


def every(db: mongo.Db) -> list[Shown]:
    """Every segment by name, those too that contacts alone name."""
    described = {row["_id"]: shown(row) for row in segments.every(db)}
    for name in segments.named(db):
        described.setdefault(name, _undescribed(name))
    return [described[name] for name in sorted(described)]


def find(db: mongo.Db, name: str) -> Shown | None:
    """One segment; None where nobody described it and nobody is in it."""
    row = segments.find(db, name)
    if row is not None:
        return shown(row)
    return _undescribed(name) if segments.has_members(db, name) else None


def _undescribed(name: str) -> Shown:
    return Shown(name, SegmentKind.STATIC, None, f"people who are in {name}", None, None)


def describe(
    db: mongo.Db, name: str, kind: SegmentKind, where: Filter | None, now: datetime
) -> Segment:
    """Make a segment, or change what a live one asks. Safe to repeat.

    Raises ImpossibleSegmentError: a live segment within itself, or a static one with members that
    would be live.
    """
    if kind is SegmentKind.LIVE:
        if where is None:
            raise ImpossibleSegmentError("a live segment needs its filter, `where`")
        if segments.has_members(db, name):
            raise ImpossibleSegmentError(
                f"{name} is static and has members; give the live segment another name"
            )
        standing = directory(db)
        changed = {**standing.filters, name: where.tree}
        for one in (name, *standing.whole):
            _expanded(Member(one), changed)  # what asks for this one must stay within bounds too
    elif where is not None:
        raise ImpossibleSegmentError("a static segment names its members; `where` is for live ones")
    written: dict[str, Any] | None = dict(where.written) if where else None
    return segments.put(db, name, kind, written, now)


def refuse_live(db: mongo.Db, names: list[str] | tuple[str, ...]) -> None:
    """Raise ImpossibleSegmentError where one of them is live, and so takes no members."""
    if names and (live := segments.live_among(db, names)):
        raise ImpossibleSegmentError(
            f"{live[0]} is a live segment: who is in it follows from its filter"
        )


def put_in(db: mongo.Db, name: str, ids: Iterable[ObjectId], now: datetime) -> int:
    """Put contacts in a static segment; how many were not in it. Who watches it is told.

    Safe to repeat.
    """
    told = changes.member(changes.watched(db), name, entered=True, now=now)
    return segments.add_members(db, name, ids, now, changes.pushed(told))


def take_out(db: mongo.Db, name: str, ids: Iterable[ObjectId], now: datetime) -> int:
    """Take contacts out of a static segment; how many were in it. Who watches it is told.

    Safe to repeat.
    """
    told = changes.member(changes.watched(db), name, entered=False, now=now)
    return segments.remove_members(db, name, ids, now, changes.pushed(told))


def delete(db: mongo.Db, name: str, now: datetime) -> bool:
    """Forget a segment, and take everybody out of it; whether there was one. Safe to repeat, also
    half-way through. Whoever asks has seen that nothing needs it. Memory: one batch."""
    there = segments.drop(db, name)
    while members := segments.some_members(db, name, _TAKEN_OUT_AT_ONCE):
        there = True
        with mongo.patience(_PATIENCE_S):
            take_out(db, name, members, now)
    return there
