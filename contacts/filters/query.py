"""A filter's tree as one MongoDB query over contacts. Pure.

What is affirmed stands so that an index can serve it: segments, attributes, language and country,
window, last seen and behaviour each have one (`store/indexes.py`). What is denied is a
`$nor`, which no index is chosen for. That is meant: of `$ne` and `$nin` MongoDB would read nearly
the whole index, and then fetch each contact, several times as long as one pass over all of them.
A `$nor` of one part it takes for a `$not`; hence a second, which is so of nobody.
"""

from datetime import UTC, datetime
from typing import Any

from contacts.filters.tree import (
    All,
    AttributeIs,
    AttributeOrder,
    AttributeWithin,
    Did,
    Either,
    FieldIs,
    HasAttribute,
    HasField,
    Leaf,
    Member,
    Node,
    Not,
    Seen,
    WindowOpen,
    days,
    since,
)

Query = dict[str, Any]
_NOBODY: Query = {"_id": None}
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS = {"consent": "consent.state", "language": "language", "country": "country"}


def compile_filter(node: Node, now: datetime) -> Query:
    """MongoDB's query for those of whom `node` holds at `now`.

    >>> compile_filter(Not(Member("staff")), datetime(2026, 1, 1))
    {'$nor': [{'segments': 'staff'}, {'_id': None}]}
    """
    match node:
        case All(parts):
            return _joined("$and", [compile_filter(part, now) for part in parts])
        case Either(parts):
            return _either(parts, now)
        case Not(part):
            return {"$nor": [compile_filter(part, now), _NOBODY]}
        case AttributeIs() | AttributeOrder() | AttributeWithin() | HasAttribute():
            return _of_attribute(node, now)
        case _:
            return _of_contact(node, now)


def _joined(operator: str, queries: list[Query]) -> Query:
    asking = [query for query in queries if query]
    if not asking:
        return {}
    return asking[0] if len(asking) == 1 else {operator: asking}


def _either(parts: tuple[Node, ...], now: datetime) -> Query:
    """Several segments are one look into their index."""
    names = [part.segment for part in parts if isinstance(part, Member)]
    rest = [compile_filter(part, now) for part in parts if not isinstance(part, Member)]
    if len(names) > 1:
        rest.append({"segments": {"$in": names}})
    elif names:
        rest.append({"segments": names[0]})
    if any(not query for query in rest):
        return {}  # one part holds of everybody
    return rest[0] if len(rest) == 1 else {"$or": rest}


def _of_attribute(node: Leaf, now: datetime) -> Query:
    match node:
        case AttributeIs(name, values):
            path = f"attributes.{name}"
            return {path: values[0] if len(values) == 1 else {"$in": list(values)}}
        case AttributeOrder(name, order, bound):
            return {f"attributes.{name}": {f"${order}": bound}}
        case AttributeWithin(name, within_s):
            first, last = days(now, within_s)
            return {f"attributes.{name}": {"$gte": first, "$lte": last}}
        case HasAttribute(name):
            return {f"attributes.{name}": {"$exists": True}}
        case _:
            raise TypeError(f"{type(node).__name__} asks about no attribute")


def _of_contact(node: Leaf, now: datetime) -> Query:
    match node:
        case Member(segment):
            return {"segments": segment}
        case FieldIs(field, values):
            return {_FIELDS[field]: values[0] if len(values) == 1 else {"$in": list(values)}}
        case HasField(field):
            return {_FIELDS[field]: {"$gt": ""}}
        case WindowOpen():
            return {"window_until": {"$gt": since(now, 0)}}
        case Seen(None):
            return {"last_inbound_at": {"$gt": _EVER}}
        case Seen(int(within_s)):
            return {"last_inbound_at": {"$gte": since(now, within_s)}}
        case Did(campaign, what, within_s):
            at = _EVER if within_s is None else since(now, within_s)
            # The index knows who had it; what became of it stands in the contact.
            return {"had": campaign, f"did.{campaign}.{what}": {"$gte": at}}
        case _:
            raise TypeError(f"{type(node).__name__} is no question")
