"""Look who came into watched live segments, or is in them no more, though nothing touched them.

Time alone may do it (not seen for 30 days), what people said and what became of campaigns. A
segment that asks for any of that is looked through once a minute, another one every ten minutes
in case a door forgot to say; a bounded number of contacts at a tick. The first pass only learns
who is in it: who was there when the watching began never entered it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from contacts import changes
from contacts.filters.query import compile_filter
from contacts.filters.tree import (
    AttributeWithin,
    Did,
    FieldIs,
    HasField,
    Node,
    Seen,
    WindowOpen,
    leaves,
)
from contacts.segments import Directory
from store import mongo, news, watches
from store.documents.watch import Watch, WatchKind

EVERY_S, SELDOM_S = 60, 600
AT_ONCE = 5_000  # contacts looked at in a tick, for each segment


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
        tree, since = directory.whole[row["name"]], asked["swept_at"]
        every = timedelta(seconds=EVERY_S if moves_by_itself(tree) else SELDOM_S)
        if since is None or asked["after"] is not None or now - since >= every:
            turned += _part(db, asked, tree, now)
    return turned


def _anew(db: mongo.Db, row: Watch, mark: str) -> Watch:
    watches.begin_anew(db, row["_id"], mark)
    return {**row, "filter": mark, "ready": False, "after": None, "swept_at": None}


def moves_by_itself(tree: Node) -> bool:
    """Whether people may come and go though no rule, import or call of the API touched them. Pure.

    >>> moves_by_itself(HasField("country")), moves_by_itself(Seen(3600))
    (False, True)
    """
    return any(
        isinstance(leaf, AttributeWithin | Seen | WindowOpen | Did)
        or (isinstance(leaf, FieldIs | HasField) and leaf.field == "consent")
        for leaf in leaves(tree)
    )


def _part(db: mongo.Db, row: Watch, tree: Node, now: datetime) -> int:
    segment = row["name"]
    meant = compile_filter(tree, now)
    found, last = news.turned(db, segment, meant, row["after"], AT_ONCE)
    news.turn(
        db,
        segment,
        [
            (who, is_in, changes.live(segment, entered=is_in, now=now, depth=0))
            if row["ready"]
            else (who, is_in, None)
            for who, is_in in found
        ],
    )
    watches.went(db, row, last, now if last is None else None)
    return len(found)
