"""Whom a campaign means: people in any of its segments, in none of the excluded, who fit `where`.

Static and live segments alike, resolved at the moment that is asked about. By one query, so that
nobody is named twice whatever segments overlap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from contacts.filters.query import compile_filter
from contacts.filters.read import Filter
from contacts.filters.tree import All, Either, Member, Node, Not, holds
from contacts.filters.words import sentence
from contacts.segments import Directory, directory
from store import mongo, people
from store.documents.contact import Contact

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Audience:
    """Nothing given means everybody."""

    segments: tuple[str, ...] = ()
    exclude_segments: tuple[str, ...] = ()
    where: Filter | None = None

    def tree(self) -> Node:
        """What it asks of a contact, live segments by their names."""
        parts: list[Node] = []
        if self.segments:
            parts.append(_any_of(self.segments))
        if self.exclude_segments:
            parts.append(Not(_any_of(self.exclude_segments)))
        if self.where is not None:
            tree = self.where.tree
            parts.extend(tree.parts if isinstance(tree, All) else (tree,))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def words(self) -> str:
        """The audience as a sentence."""
        return sentence(self.tree())


def stream(
    db: mongo.Db,
    audience: Audience,
    now: datetime,
    *,
    after: ObjectId | None = None,
    batch: int = BATCH,
) -> Iterator[list[Contact]]:
    """The people meant, in the order of `_id`, in lists of at most `batch`, each person once.

    after: the checkpoint: the last `_id` that was dealt with, None for the beginning. With the
    same `now`, windows and spans mean the same after a restart. Raises ImpossibleSegmentError
    where a live segment it names cannot be asked. Memory: one batch.
    """
    return people.stream(db, query(db, audience, now), after, batch)


def count(db: mongo.Db, audience: Audience, now: datetime) -> int:
    """How many people are meant. Raises ImpossibleSegmentError."""
    return people.count(db, query(db, audience, now))


def query(db: mongo.Db, audience: Audience, now: datetime) -> dict[str, Any]:
    """The one MongoDB query for them. Raises ImpossibleSegmentError."""
    return compile_filter(directory(db).expand(audience.tree()), now)


def includes(audience: Audience, live: Directory, contact: Contact, now: datetime) -> bool:
    """Whether this contact is meant: for what one person sets going. Raises
    ImpossibleSegmentError. Pure."""
    return holds(live.expand(audience.tree()), contact, now)


def _any_of(names: tuple[str, ...]) -> Node:
    members = tuple(Member(name) for name in names)
    return members[0] if len(members) == 1 else Either(members)
