"""What actions leave to be written, gathered for many events: contacts' changes, and replies owed.

An action sees what those before it changed; MongoDB sees it all in two writes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from bson import ObjectId

from contacts import changes, segments
from contacts.attributes import Held
from deliveries import outbox
from deliveries.outbox import Order
from events import tell
from store import contacts, mongo
from store.contacts import Change
from store.documents.contact import Contact

# An action: the event, the rule, and the action's place within the rule.
Key = tuple[str, str, int]


@dataclass
class Effects:
    """Nothing is written before `settle`. Safe to repeat, whole or in part.

    held: the kinds of attributes, each looked up once for all these events. acting: whose what
    comes next is. failed: {key: why} of actions whose own write was refused; the others' are kept.
    """

    db: mongo.Db
    held: Held = field(init=False)
    acting: Key = ("", "", 0)
    failed: dict[Key, Exception] = field(default_factory=dict)
    _watched: changes.Watched | None = None
    _static: set[str] = field(default_factory=set)
    _changes: list[tuple[Key, Change]] = field(default_factory=list)
    _orders: list[tuple[Key, Order]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.held = Held(self.db, "rule")

    def refuse_live(self, segment: str) -> None:
        """Raise ImpossibleSegmentError where the segment is live; asked once for all events."""
        if segment not in self._static:
            segments.refuse_live(self.db, [segment])
            self._static.add(segment)

    def change(self, contact: Contact, change: Mapping[str, Any]) -> Contact:
        """Have MongoDB's `change` ($set, $unset, $addToSet, $pull, $max) made; the contact as it
        stands then."""
        after = applied(contact, change)
        self._changes.append((self.acting, Change(contact["_id"], dict(change))))
        return after

    def notice(self, before: Contact, after: Contact, event_id: str, now: datetime) -> None:
        """Have those told who watch what changed between the two; before it is changed, so that
        after a crash in between it is noticed again, under the same name."""
        if before is after:
            return
        if self._watched is None:
            self._watched = changes.watched(self.db)
        if self._watched:
            depth = tell.depth_of(event_id)
            told = changes.news(self._watched, before, after, now, cause=event_id, depth=depth)
            if told:
                first = Change(before["_id"], changes.pushed(told))
                self._changes.insert(0, (("", "", 0), first))

    def owe(self, order: Order) -> None:
        """Have `order` owed."""
        self._orders.append((self.acting, order))

    def owes(self, contact_id: ObjectId) -> bool:
        """Whether an order for this contact waits here."""
        return any(order.contact_id == contact_id for _, order in self._orders)

    def settle(self, now: datetime) -> None:
        """Write it all: who a person is before what they are owed.

        Raises StoreError where the store is away. Where it refuses something, each is written
        alone, so that only the action which asked for that has failed.
        """
        changes, self._changes = self._changes, []
        orders, self._orders = self._orders, []
        try:
            contacts.write_many(self.db, [], [change for _, change in changes], in_order=True)
            outbox.owe_many(self.db, [order for _, order in orders], now)
        except mongo.StoreError as error:
            if not mongo.is_refusal(error):
                raise
            self._alone(changes, orders, now)
        except (ValueError, TypeError, OverflowError):  # what MongoDB's own types cannot hold
            self._alone(changes, orders, now)

    def _alone(
        self,
        changes: Sequence[tuple[Key, Change]],
        orders: Sequence[tuple[Key, Order]],
        now: datetime,
    ) -> None:
        """Each by itself. Some were made before: that they are made again changes nothing."""
        writes: list[tuple[Key, Callable[[], object]]] = [
            (key, partial(contacts.write_many, self.db, [], [change])) for key, change in changes
        ]
        writes += [(key, partial(outbox.owe_many, self.db, [order], now)) for key, order in orders]
        for key, write in writes:
            try:
                write()
            except mongo.StoreError as error:
                if not mongo.is_refusal(error):
                    raise
                self.failed[key] = error
            except (ValueError, TypeError, OverflowError) as error:
                self.failed[key] = error


def applied(contact: Contact, change: Mapping[str, Any]) -> Contact:
    """The contact with `change` made, as MongoDB would make it. Pure.

    >>> applied({"segments": ["a"]}, {"$addToSet": {"segments": "b"}})["segments"]
    ['a', 'b']
    """
    row: dict[str, Any] = {**contact}
    for operator, fields in change.items():
        for path, value in fields.items():
            _APPLY[operator](row, path.split("."), value)
    return row  # type: ignore[return-value]  # a contact with some fields changed


def _set(row: dict[str, Any], path: list[str], value: Any) -> None:
    head, *rest = path
    if not rest:
        row[head] = value
        return
    row[head] = dict(row.get(head) or {})
    _set(row[head], rest, value)


def _unset(row: dict[str, Any], path: list[str], value: Any) -> None:
    head, *rest = path
    if not rest:
        row.pop(head, None)
    elif isinstance(row.get(head), dict):
        row[head] = dict(row[head])
        _unset(row[head], rest, value)


def _add_to_set(row: dict[str, Any], path: list[str], value: Any) -> None:
    standing = row.get(path[0]) or []
    row[path[0]] = standing if value in standing else [*standing, value]


def _pull(row: dict[str, Any], path: list[str], value: Any) -> None:
    row[path[0]] = [one for one in row.get(path[0]) or [] if one != value]


def _max(row: dict[str, Any], path: list[str], value: Any) -> None:
    standing = row.get(path[0])
    row[path[0]] = value if standing is None or value > standing else standing


_APPLY: dict[str, Callable[[dict[str, Any], list[str], Any], None]] = {
    "$set": _set,
    "$unset": _unset,
    "$addToSet": _add_to_set,
    "$pull": _pull,
    "$max": _max,
}
