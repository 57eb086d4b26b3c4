"""Look who came into watched live segments, or is in them no more, though nothing touched them.

Time alone may do it (not seen for 30 days), and what became of campaigns. Each such segment is
asked once a minute, a bounded part at a tick. The first pass only learns who is in it: who was
there when the watching began never entered it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bson import ObjectId

from contacts import changes
from contacts.filters.query import compile_filter
from contacts.filters.tree import Node
from contacts.segments import Directory
from store import mongo, news, watches
from store.documents.watch import Watch, WatchKind

EVERY_S = 60
AT_ONCE = 1_000


def ready(rows: Sequence[Watch], directory: Directory) -> list[str]:
    """The live segments of which it is known who is in them, as they are described now. Pure."""
    return [
        row["name"]
        for row in rows
        if row["kind"] == WatchKind.LIVE
        and row["ready"]
        and row["filter"] == mark_of(directory.whole, row["name"])
    ]


def mark_of(whole: Mapping[str, Node], segment: str) -> str | None:
    """The same for the same filter; None where it cannot be asked. Pure."""
    tree = whole.get(segment)
    return hashlib.sha256(repr(tree).encode()).hexdigest()[:16] if tree is not None else None


def sweep(db: mongo.Db, rows: Sequence[Watch], directory: Directory, now: datetime) -> int:
    """A part of the pass over each live segment that is due; how many people turned.

    Safe to repeat, and for two at once: a turn is made and told by one.
    """
    turned = 0
    for row in rows:
        mark = mark_of(directory.whole, row["name"]) if row["kind"] == WatchKind.LIVE else None
        if mark is None:
            continue  # no live segment, described no more, or it asks nothing that can be asked
        asked = row if row["filter"] == mark else _anew(db, row, mark)
        since = asked["swept_at"]
        if since is None or now - since >= timedelta(seconds=EVERY_S):
            turned += _part(db, asked, directory.whole[row["name"]], now)
    return turned


def _anew(db: mongo.Db, row: Watch, mark: str) -> Watch:
    watches.begin_anew(db, row["_id"], mark)
    return {**row, "filter": mark, "ready": False, "after": None, "swept_at": None}


def _part(db: mongo.Db, row: Watch, tree: Node, now: datetime) -> int:
    """Those who left first, wholly; then the next of those who came, by id."""
    segment, meant = row["name"], compile_filter(tree, now)
    gone = news.former(db, segment, meant, None, AT_ONCE)
    _turn(db, row, gone, entered=False, now=now)
    if len(gone) == AT_ONCE:
        return len(gone)  # the rest of them at the next tick
    come = news.strangers(db, segment, meant, row["after"], AT_ONCE)
    _turn(db, row, come, entered=True, now=now)
    whole = len(come) < AT_ONCE
    watches.went(db, row, None if whole else come[-1], now if whole else None)
    return len(gone) + len(come)


def _turn(
    db: mongo.Db, row: Watch, people: Sequence[ObjectId], *, entered: bool, now: datetime
) -> None:
    segment = row["name"]
    news.turn(
        db,
        segment,
        [
            (
                one,
                entered,
                changes.live(segment, entered=entered, now=now, depth=0) if row["ready"] else None,
            )
            for one in people
        ],
    )
