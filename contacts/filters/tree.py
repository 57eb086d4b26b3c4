"""A filter as a tree of small questions about one contact, and whether one contact answers them.

`holds` gives for one contact in memory what the query of `query` finds in MongoDB: a test on a
real server holds the two to each other. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from store.documents.contact import Contact

Scalar = str | bool | int | float
Order = Literal["gt", "gte", "lt", "lte"]
Behaviour = Literal["delivered", "read", "replied", "clicked", "failed"]


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; nothing at all holds of everybody."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class AttributeIs:
    """The attribute is one of `values`; of a list, one of its members is."""

    name: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class AttributeOrder:
    """The attribute is of the bound's own kind, and more or less than it."""

    name: str
    order: Order
    bound: str | int | float  # a text is an ISO date or date-time


@dataclass(frozen=True, slots=True)
class AttributeWithin:
    """A date that is at most so long ago, and not to come. Days count whole."""

    name: str
    within_s: int


@dataclass(frozen=True, slots=True)
class HasAttribute:
    name: str


@dataclass(frozen=True, slots=True)
class FieldIs:
    """field: language, country or consent."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasField:
    field: str


@dataclass(frozen=True, slots=True)
class Member:
    """In the segment: a static one by name; a live one is put in its place by `expand`."""

    segment: str


@dataclass(frozen=True, slots=True)
class WindowOpen:
    """Free-form messages may be sent now."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Wrote to us, within the last so many seconds where they are given."""

    within_s: int | None


@dataclass(frozen=True, slots=True)
class Did:
    """What became of a campaign's message, the last time within so many seconds."""

    campaign: str
    what: Behaviour
    within_s: int | None


Leaf = (
    AttributeIs | AttributeOrder | AttributeWithin | HasAttribute | FieldIs | HasField | Member
    | WindowOpen | Seen | Did
)  # fmt: skip
Node = All | Either | Not | Leaf


def since(now: datetime, within_s: int) -> datetime:
    """The moment so long before `now`, as exact as MongoDB keeps moments."""
    at = now - timedelta(seconds=within_s)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def days(now: datetime, within_s: int) -> tuple[str, str]:
    """The first and the last ISO text that a date within the span may be."""
    return since(now, within_s).date().isoformat(), now.strftime("%Y-%m-%dT%H:%M:%SZ")


def leaves(node: Node) -> Iterator[Leaf]:
    """Every question, as often as it is asked."""
    match node:
        case All(parts) | Either(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield node


def holds(node: Node, contact: Contact, now: datetime) -> bool:
    """Whether the contact is meant. Live segments were put in their places before."""
    match node:
        case All(parts):
            return all(holds(part, contact, now) for part in parts)
        case Either(parts):
            return any(holds(part, contact, now) for part in parts)
        case Not(part):
            return not holds(part, contact, now)
        case Member(segment):
            return segment in contact["segments"]
        case FieldIs(field, values):
            return _field(contact, field) in values
        case HasField(field):
            return bool(_field(contact, field))
        case _:
            return _of_attribute(node, contact, now) or _of_time(node, contact, now)


def _field(contact: Contact, field: str) -> str | None:
    if field == "consent":
        return contact["consent"]["state"]
    return contact["language"] if field == "language" else contact["country"]


def _of_attribute(node: Leaf, contact: Contact, now: datetime) -> bool:
    attributes = contact["attributes"]
    match node:
        case AttributeIs(name, values):
            return any(same(one, value) for one in _several(attributes, name) for value in values)
        case AttributeOrder(name, order, bound):
            return any(_ordered(one, order, bound) for one in _several(attributes, name))
        case AttributeWithin(name, within_s):
            first, last = days(now, within_s)
            found = _several(attributes, name)
            return any(_ordered(one, "gte", first) for one in found) and any(
                _ordered(one, "lte", last) for one in found
            )
        case HasAttribute(name):
            return name in attributes
        case _:
            return False


def _of_time(node: Leaf, contact: Contact, now: datetime) -> bool:
    match node:
        case WindowOpen():
            until = contact["window_until"]
            return until is not None and until > since(now, 0)
        case Seen(within_s):
            seen = contact["last_inbound_at"]
            return seen is not None and (within_s is None or seen >= since(now, within_s))
        case Did(campaign, what, within_s):
            at = contact.get("did", {}).get(campaign, {}).get(what)
            return at is not None and (within_s is None or at >= since(now, within_s))
        case _:
            return False


def _several(attributes: dict[str, Any], name: str) -> list[Any]:
    value = attributes.get(name)
    return value if isinstance(value, list) else [value]


def same(one: Any, other: Any) -> bool:
    """Equal as MongoDB has it: 1 is 1.0, and neither is true.

    >>> same(1, 1.0), same(1, True), same("1", 1)
    (True, False, False)
    """
    return kind(one) == kind(other) and bool(one == other)


def kind(value: Any) -> str:
    """Values of different kinds are never equal, nor more or less than each other."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "other"


def _ordered(one: Any, order: Order, bound: Any) -> bool:
    if kind(one) != kind(bound):
        return False
    match order:
        case "gt":
            return bool(one > bound)
        case "gte":
            return bool(one >= bound)
        case "lt":
            return bool(one < bound)
        case _:
            return bool(one <= bound)
