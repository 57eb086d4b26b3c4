"""The single questions in a rule's `when:`, and which of them together make it hold. Pure.

A rule holds when all atoms of any one of its conjunctions hold (disjunctive normal form). `not`
ends up on the atoms themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.conditions import Operator, When
from rules.event import MESSAGE
from rules.nodes import Part
from rules.vocabulary import Kind, kind_of

MAX_CONJUNCTIONS = 64
SPEAKING = frozenset({"intent", "text", "button"})  # facts that only somebody's word can give

Path = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Atom:
    """One fact, one operator, one constant. `path` leads to it in the rule file."""

    fact: str
    operator: Operator
    value: Any
    negated: bool = False
    path: Path = field(default=(), compare=False)
    kinds: tuple[type, ...] = field(init=False)  # to Python True is 1; to a rule it is not

    def __post_init__(self) -> None:
        kinds = (bool if isinstance(value, bool) else object for value in self.values)
        object.__setattr__(self, "kinds", tuple(kinds))

    @property
    def values(self) -> tuple[Any, ...]:
        """The constants: several of `in` and `not_in`, else one."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def affirms(self) -> bool:
        """Whether it holds only when the fact is one of `values`."""
        return (self.operator in ("eq", "in") and not self.negated) or (
            self.operator in ("ne", "not_in") and self.negated
        )


Conjunction = frozenset[Atom]


class TooManyWaysError(Exception):
    """A rule has more than MAX_CONJUNCTIONS combinations of `any` and `all`."""


def of(when: When, negated: bool = False, path: Path = ("when",)) -> Iterator[Atom]:
    """Every atom, as often as it is written."""
    yield from side_by_side(when, negated, path)
    for name, group in (("all", when.all_), ("any", when.any_)):
        for place, part in enumerate(group or ()):
            yield from of(part, negated, (*path, name, place))
    if when.not_:
        yield from of(when.not_, not negated, (*path, "not"))


def conjunctions(when: When) -> list[Conjunction]:
    """The combinations that make `when` hold, `event: message` added where it is implied.

    Raises TooManyWaysError.
    """
    found = _ways(when, negated=False, path=("when",))
    if implied := implied_event(when):
        found = [way | {implied} for way in found]
    return found


def implied_event(when: When) -> Atom | None:
    """`event: message`, where intent, text or button are asked for and no event is named."""
    facts = {atom.fact for atom in of(when)}
    if "event" in facts or not facts & SPEAKING:
        return None
    return Atom("event", "eq", MESSAGE)


def side_by_side(when: When, negated: bool, path: Path) -> Iterator[Atom]:
    """The atoms written directly in `when`."""
    for fact, comparison in when.facts.items():
        for operator, value in comparison.tests():
            constant = _constant(fact, operator, value)
            yield Atom(fact, operator, constant, negated, (*path, fact, operator))
    if when.after is not None:
        yield Atom("after", "eq", when.after, negated, (*path, "after"))


def _constant(fact: str, operator: Operator, value: Any) -> Any:
    """Whole numbers are texts where a fact is a text: people write `button: 1`."""
    if operator == "exists" or kind_of(fact) not in (Kind.TEXT, Kind.SET):
        return value
    if isinstance(value, tuple):
        return tuple(_constant(fact, operator, item) for item in value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _ways(when: When, negated: bool, path: Path) -> list[Conjunction]:
    every: list[list[Conjunction]] = [
        [frozenset({atom})] for atom in side_by_side(when, negated, path)
    ]
    for place, part in enumerate(when.all_ or ()):
        every.append(_ways(part, negated, (*path, "all", place)))
    if when.any_:
        parts = [_ways(p, negated, (*path, "any", i)) for i, p in enumerate(when.any_)]
        # Not any of them: all of them not.
        every.append(_product(parts) if negated else _sum(parts))
    if when.not_:
        every.append(_ways(when.not_, not negated, (*path, "not")))
    return _sum(every) if negated else _product(every)


def _sum(parts: Sequence[list[Conjunction]]) -> list[Conjunction]:
    return _bounded(dict.fromkeys(way for part in parts for way in part))


def _product(parts: Sequence[list[Conjunction]]) -> list[Conjunction]:
    ways: list[Conjunction] = [frozenset()]
    for part in parts:
        ways = _bounded(dict.fromkeys(way | more for way in ways for more in part))
    return ways


def _bounded(ways: dict[Conjunction, None]) -> list[Conjunction]:
    if len(ways) > MAX_CONJUNCTIONS:
        raise TooManyWaysError
    return list(ways)
