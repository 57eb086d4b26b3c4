"""Whether conditions that must hold together can: what one fact would have to be for all. Pure.

Says a thing is impossible only where it surely is; what it cannot see through, it lets pass.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from rules.atoms import Atom
from rules.event import CAMPAIGN_EVENTS, MESSAGE, NEGATIVES
from rules.phrases import PhraseBook
from rules.projection import MAX_TEXT, form
from rules.text import spoken
from rules.vocabulary import PROPERTY, Kind, kind_of

_OPPOSITE = {"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}
_SPEAKING = frozenset({MESSAGE, "replied", "clicked", "opted_out"})
_SILENT = frozenset({"accepted", "sent", "delivered", "read", "failed", *NEGATIVES})
_WHOLE = {"local_hour": (0, 23), "step": (None, None), "error_code": (None, None)}


def clash(way: Iterable[Atom]) -> str | None:
    """Why these conditions never hold together, as half a sentence; None where they may."""
    by_fact: dict[str, list[Atom]] = {}
    for atom in sorted(way, key=_written):  # the same sentence each time
        by_fact.setdefault(atom.fact, []).append(atom)
    events = _events(by_fact.get("event", ()))
    for fact, atoms in by_fact.items():
        if reason := _absent(fact, atoms, events) or _Fact(fact).clash(atoms):
            return reason
    return None


def _written(atom: Atom) -> list[str]:
    return [*map(str, atom.path), atom.fact, atom.operator]


def implied(atom: Atom, way: frozenset[Atom]) -> bool:
    """Whether `atom` holds wherever all of `way` do."""
    if atom in way:
        return True
    same = frozenset(one for one in way if one.fact == atom.fact)
    return bool(same) and clash(same | {replace(atom, negated=not atom.negated)}) is not None


def _events(named: Iterable[Atom]) -> frozenset[str] | None:
    sets = [frozenset(map(str, atom.values)) for atom in named if atom.affirms]
    return frozenset.intersection(*sets) if sets else None


def _absent(fact: str, atoms: Iterable[Atom], events: frozenset[str] | None) -> str | None:
    """An event that never brings along what is asked of it."""
    if not events or not any(map(_wants_a_value, atoms)):
        return None
    if fact in ("intent", "text", "button") and not events & _SPEAKING:
        return f"nobody says anything at {_listed(events)}, so {fact} is not known then"
    if fact == "link" and "clicked" not in events:
        return f"link is known of `clicked` alone, not of {_listed(events)}"
    if fact == "error_code" and "failed" not in events:
        return f"error_code is known of `failed` alone, not of {_listed(events)}"
    if fact.startswith(PROPERTY) and events <= _SILENT:
        return f"{_listed(events)} has no properties"
    ours = {MESSAGE, *CAMPAIGN_EVENTS, *NEGATIVES}
    of_messages = ("campaign", "campaign_type", "step", "delivery.reached", "delivery.buttons")
    if fact in of_messages and not events & ours:
        return f"{_listed(events)} is no campaign's event, so {fact} is not known then"
    return None


def _wants_a_value(atom: Atom) -> bool:
    """Whether it fails for what is missing."""
    if atom.operator == "exists":
        return bool(atom.value) is not atom.negated
    return (atom.operator not in ("ne", "not_in", "lacks")) is not atom.negated


def _listed(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in sorted(names))


@dataclass(slots=True)
class _Bound:
    """The narrowest limit so far, and whether it may itself be met."""

    value: Any
    met: bool


class _Fact:
    """What one fact would have to be."""

    def __init__(self, fact: str) -> None:
        self.fact = fact
        self.several = kind_of(fact) is Kind.SET

    def clash(self, atoms: list[Atom]) -> str | None:
        """Why no value will do for all of `atoms`."""
        if any(map(_wants_a_value, atoms)) and any(map(_wants_none, atoms)):
            return f"{self.fact} would be known and not known at once"
        if self.several:
            return self._members(atoms)
        return self._choices(atoms) or self._range(atoms) or self._members(atoms)

    def _choices(self, atoms: list[Atom]) -> str | None:
        """eq and in leave some values; ne, not_in and every order may take them all away."""
        sets = [self._forms(atom) for atom in atoms if atom.affirms]
        if not sets:
            return None
        left = set.intersection(*({key for key, _ in one} for one in sets))
        values = {key: value for one in sets for key, value in one if key in left}
        if not left:
            return f"{self.fact} would be {self._several(atoms)} at once"
        if any(_listing(atom) for atom in atoms) and self.fact != "text":
            return f"{self.fact} would be one value and a list of several at once"
        fitting = [v for v in values.values() if all(self._fits(atom, v) for atom in atoms)]
        return None if fitting else f"{self.fact} is left no value by its other conditions"

    def _several(self, atoms: list[Atom]) -> str:
        shown = [
            " or ".join(repr(value) for value in atom.values) for atom in atoms if atom.affirms
        ]
        return " and ".join(dict.fromkeys(shown))

    def _fits(self, atom: Atom, value: Any) -> bool:
        if atom.operator in _OPPOSITE:
            return _ordered(atom.operator, value, atom.value) is not atom.negated
        if atom.operator in ("has", "lacks") and self.fact == "text":
            word = spoken(str(atom.value))
            said = spoken(str(value))
            if len(said) >= MAX_TEXT:
                return True  # what is cut off may hold it
            heard = word in PhraseBook([word]).find(said)
            return heard is ((atom.operator == "has") is not atom.negated)
        if atom.operator in ("eq", "ne", "in", "not_in"):
            among = self._key(value) in {key for key, _ in self._forms(atom)}
            return among is atom.affirms
        return True

    def _range(self, atoms: list[Atom]) -> str | None:
        """An interval that is empty. `not: {gt: 5}` holds for what is no number too."""
        orders = [atom for atom in atoms if atom.operator in _OPPOSITE]
        asked: list[tuple[str, Any]] = [(a.operator, a.value) for a in orders if not a.negated]
        if not asked:
            return None
        asked += [(_OPPOSITE[a.operator], a.value) for a in orders if a.negated]
        if any(a.operator == "has" and not a.negated for a in atoms):
            return f"{self.fact} would be a number and a list of several at once"
        low, high = _narrowest(asked, _WHOLE.get(self.fact, (None, None)))
        if low and high and not self._between(low, high):
            return f"{self.fact} is no number between {low.value} and {high.value}"
        return None

    def _between(self, low: _Bound, high: _Bound) -> bool:
        if self.fact not in _WHOLE:
            return bool(
                low.value < high.value or (low.value == high.value and low.met and high.met)
            )
        first = _whole_above(low)
        return bool(first < high.value or (first == high.value and high.met))

    def _members(self, atoms: list[Atom]) -> str | None:
        """Members that are there and are not."""
        there: list[set[tuple[str, Any]]] = []  # of each, one is there
        gone: set[tuple[str, Any]] = set()
        for atom in atoms:
            if not self.several and atom.operator not in ("has", "lacks"):
                continue
            asked = {key for key, _ in self._forms(atom)}
            if atom.operator in ("has", "eq", "in", "lacks", "ne", "not_in"):
                if (atom.operator in ("has", "eq", "in")) is not atom.negated:
                    there.append(asked)
                else:
                    gone |= asked
        for asked in there:
            if asked <= gone:
                return f"{self.fact} would have and lack {min(map(str, dict(asked).values()))!r}"
        return None

    def _forms(self, atom: Atom) -> list[tuple[tuple[str, Any], Any]]:
        return [(self._key(value), value) for value in atom.values]

    def _key(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, bool):
            return ("b", value)
        if isinstance(value, str):
            return ("t", form(self.fact, value))
        return ("n", value)


def _wants_none(atom: Atom) -> bool:
    return atom.operator == "exists" and bool(atom.value) is atom.negated


def _listing(atom: Atom) -> bool:
    return (atom.operator == "has" and not atom.negated) or (
        atom.operator == "lacks" and atom.negated
    )


def _ordered(operator: str, value: Any, limit: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return bool(
        {"gt": value > limit, "gte": value >= limit, "lt": value < limit, "lte": value <= limit}[
            operator
        ]
    )


def _narrowest(
    asked: Iterable[tuple[str, Any]], domain: tuple[Any, Any]
) -> tuple[_Bound | None, _Bound | None]:
    low = None if domain[0] is None else _Bound(domain[0], met=True)
    high = None if domain[1] is None else _Bound(domain[1], met=True)
    for operator, value in asked:
        bound = _Bound(value, met=operator in ("gte", "lte"))
        if operator in ("gt", "gte"):
            if low is None or (value, not bound.met) > (low.value, not low.met):
                low = bound
        elif high is None or (value, bound.met) < (high.value, high.met):
            high = bound
    return low, high


def _whole_above(low: _Bound) -> int:
    whole = -int(-low.value // 1)
    return whole + 1 if whole == low.value and not low.met else whole


def possible(ways: Iterable[frozenset[Atom]]) -> Iterator[frozenset[Atom]]:
    """The ways that can hold."""
    return (way for way in ways if clash(way) is None)
