"""What a filter names and nobody here has: a segment, an attribute, a campaign. No faults.

Tomorrow's import may bring them; but a slip of the pen finds nobody and says nothing.
"""

import difflib
from collections.abc import Callable, Iterable

from contacts.filters.tree import (
    AttributeIs,
    AttributeOrder,
    AttributeWithin,
    Did,
    HasAttribute,
    Member,
    Node,
    leaves,
)
from store import attributes, campaigns, mongo, segments

_OF_ATTRIBUTE = (AttributeIs, AttributeOrder, AttributeWithin, HasAttribute)


def warnings(db: mongo.Db, tree: Node) -> list[str]:
    """A sentence for each name that nobody has, in the filter's order. Indexes: _id, segments."""
    asked = list(leaves(tree))
    return [
        *_unknown(
            "nobody has an attribute",
            (one.name for one in asked if isinstance(one, _OF_ATTRIBUTE)),
            lambda names: attributes.kinds(db, names).keys(),
            lambda: [row["_id"] for row in attributes.every(db)],
        ),
        *_unknown(
            "there is no segment",
            (one.segment for one in asked if isinstance(one, Member)),
            lambda names: {name for name in names if _is_segment(db, name)},
            lambda: [*segments.named(db), *(row["_id"] for row in segments.every(db))],
        ),
        *_unknown(
            "there is no campaign",
            (one.campaign for one in asked if isinstance(one, Did)),
            lambda names: campaigns.states(db, names).keys(),
            lambda: [row["_id"] for row in campaigns.all_of_them(db)],
        ),
    ]


def _is_segment(db: mongo.Db, name: str) -> bool:
    return segments.find(db, name) is not None or segments.has_members(db, name)


def _unknown(
    what: str,
    named: Iterable[str],
    known: Callable[[list[str]], Iterable[str]],
    every: Callable[[], list[str]],
) -> list[str]:
    names = list(dict.fromkeys(named))
    strangers = [name for name in names if name not in set(known(names))] if names else []
    if not strangers:
        return []
    others = every()
    return [f"{what} {name!r}{_meant(name, others)}" for name in strangers]


def _meant(name: str, others: list[str]) -> str:
    near = difflib.get_close_matches(name, others, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
