"""A filter as a sentence: "people whose city is Pune and who did not read diwali_offer". Pure."""

from collections.abc import Sequence
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
    Member,
    Node,
    Not,
    Seen,
    WindowOpen,
)

_MOST_VALUES = 5
_ORDERS = {"gt": "of more than", "gte": "of at least", "lt": "of less than", "lte": "of at most"}
_DATES = {"gt": "after", "gte": "on or after", "lt": "before", "lte": "on or before"}
_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_DID = {
    "delivered": ("who got", "who did not get"),
    "read": ("who read", "who did not read"),
    "replied": ("who replied to", "who did not reply to"),
    "clicked": ("who clicked in", "who did not click in"),
    "failed": ("who could not be sent", "who never failed to be sent"),
}
_CONSENT = {
    "yes": ("who opted in", "who did not opt in"),
    "no": ("who opted out", "who did not opt out"),
    "unknown": ("who never said whether they want marketing", "who said whether they want it"),
}


def sentence(node: Node) -> str:
    """Whom the filter means.

    >>> sentence(All((AttributeIs("city", ("Pune", "Mumbai")), AttributeOrder("orders", "gte", 2))))
    'people whose city is Pune or Mumbai and with orders of at least 2'
    """
    return "everybody" if node == All(()) else f"people {_clause(node)}"


def span(seconds: int) -> str:
    """A duration in the largest unit that tells it.

    >>> span(2_592_000), span(3_600)
    ('30 days', '1 hour')
    """
    length, unit = next(one for one in _SPANS if seconds % one[0] == 0)
    count = seconds // length
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _clause(node: Node) -> str:
    match node:
        case All(parts):
            return _listed([_grouped(part) for part in parts], "and")
        case Either(parts):
            names = [part.segment for part in parts if isinstance(part, Member)]
            if len(names) == len(parts):
                return f"who are in {_listed(names, 'or')}"
            return _listed([_grouped(part) for part in parts], "or")
        case Not(Either(parts)) if all(isinstance(part, Member) for part in parts):
            return f"who are not in {_listed([_name(part) for part in parts], 'or')}"
        case Not(All() | Either() | Not() as group):
            return f"not ({_clause(group)})"
        case Not(part):
            return _question(part, denied=True)
        case _:
            return _question(node, denied=False)


def _grouped(node: Node) -> str:
    several = isinstance(node, All | Either) and len(node.parts) > 1
    members = isinstance(node, Either) and all(isinstance(part, Member) for part in node.parts)
    return f"({_clause(node)})" if several and not members else _clause(node)


def _name(node: Node) -> str:
    return node.segment if isinstance(node, Member) else ""


def _question(leaf: Node, *, denied: bool) -> str:
    verb = "is not" if denied else "is"
    match leaf:
        case Member(segment):
            return f"who are {'not ' if denied else ''}in {segment}"
        case FieldIs("consent", (state,)):
            return _CONSENT[state][denied]
        case FieldIs(field, values):
            return f"whose {field} {verb} {_values(values)}"
        case HasField(field):
            return f"whose {field} {verb} known"
        case WindowOpen():
            return f"whose 24-hour window is {'closed' if denied else 'open'}"
        case Seen(None):
            return "who never wrote" if denied else "who ever wrote"
        case Seen(int(within_s)):
            return f"who {'did not write' if denied else 'wrote'} in the last {span(within_s)}"
        case Did(campaign, what, within_s):
            lately = f" in the last {span(within_s)}" if within_s is not None else ""
            return f"{_DID[what][denied]} {campaign}{lately}"
        case _:
            return _attribute(leaf, denied=denied)


def _attribute(leaf: Node, *, denied: bool) -> str:
    verb = "is not" if denied else "is"
    match leaf:
        case AttributeIs(name, values):
            return f"whose {_words(name)} {verb} {_values(values)}"
        case AttributeOrder(name, order, bound):
            how = _DATES[order] if isinstance(bound, str) else _ORDERS[order]
            return f"{'without' if denied else 'with'} {_words(name)} {how} {bound}"
        case AttributeWithin(name, within_s):
            return f"whose {_words(name)} {verb} in the last {span(within_s)}"
        case HasAttribute(name):
            return f"whose {_words(name)} {verb} known"
        case _:
            raise TypeError(f"{type(leaf).__name__} is no question")


def _values(values: Sequence[Any]) -> str:
    said = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    if len(said) > _MOST_VALUES:
        said = [*said[: _MOST_VALUES - 1], f"one of {len(said) - _MOST_VALUES + 1} more"]
    return _listed(said, "or")


def _listed(parts: Sequence[str], word: str) -> str:
    """'a, b and c'.

    >>> _listed(["a", "b", "c"], "or")
    'a, b or c'
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _words(name: str) -> str:
    return name.replace("_", " ")
