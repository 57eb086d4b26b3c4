"""Turns the facts of an event into the few flat values that compiled rules compare.

The engine's C code never sees what people typed or stored beyond texts of at most 256 visible
characters and small whole numbers under names of our own making:

- each fact that is compared has an identity, a text that also says its kind: `t:pune`, `n:3`, `-`
  where it is missing. So `"1"` is not `1`, and `ne` holds for what is missing.
- a number that is ordered becomes its rank among the constants it is ordered against, which is
  exact for every number there is. What is no number ranks below all for `gt` and above all for
  `lt`, so neither holds, and each has a plain opposite for `not`.
- sets, lists, `in` and words in a text become flags, 1 or 0.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Set
from datetime import date
from itertools import islice
from typing import Any, Literal, NamedTuple

from rules.atoms import Atom
from rules.facts import Facts
from rules.flat import Flat, Lit, Op, Value
from rules.phrases import PhraseBook
from rules.text import fold, spoken
from rules.vocabulary import Kind, kind_of

MAX_TEXT = 256
MAX_ITEMS = 1000  # of a list in an attribute
MISSING = "-"
_FLAG = "f"
_ORDERING = ("gt", "gte", "lt", "lte")
_ABOVE_ALL = 1_000_000_000
_NOTHING: frozenset[str] = frozenset()

Mode = Literal["identity", "low", "high", "has", "is", "says", "some"]

_OPPOSITE: dict[Op, Op] = {
    "eq": "ne",
    "ne": "eq",
    "gt": "lte",
    "lte": "gt",
    "lt": "gte",
    "gte": "lt",
}


class Reading(NamedTuple):
    """How a flat value comes about: from which fact, and in which way.

    identity: its kind and value. low, high: its rank, for `gt` and for `lt`. Else a flag, which is
    up where one of `tags` is among what the fact shows in this mode.
    """

    fact: str
    mode: Mode
    tags: frozenset[str] = frozenset()


def form(fact: str, text: str) -> str:
    """The form in which this fact's texts are compared."""
    if fact == "text":
        return spoken(text)[:MAX_TEXT]
    folded = fold(text, MAX_TEXT)
    return folded.replace("-", "_") if fact == "contact.language" else folded


class Projection:
    """Built from every atom of a set of rules, then read-only, so threads may share it."""

    def __init__(self, atoms: Iterable[Atom]) -> None:
        atoms = list(atoms)
        self._names: dict[Reading, str] = {}
        self._readings: dict[str, Reading] = {}
        constants = [value for atom in atoms for value in atom.values]
        self._numbers = _numbered(constants)
        self._ordered: dict[str, list[Any]] = {}
        for atom in atoms:
            if atom.operator in _ORDERING:
                self._ordered.setdefault(atom.fact, []).append(atom.value)
        self._ordered = {fact: sorted(set(values)) for fact, values in self._ordered.items()}
        said = [spoken(atom.value) for atom in atoms if _asks_for_words(atom)]
        self._phrases = PhraseBook(dict.fromkeys(said))

    def literal(self, atom: Atom) -> Lit:
        """What `atom` asks, of flat values. Called for every atom before the first `flatten`."""
        literal = self._affirmed(atom)
        if atom.negated and literal.name.startswith(_FLAG):
            return literal._replace(value=1 - int(literal.value))
        return literal._replace(op=_OPPOSITE[literal.op]) if atom.negated else literal

    def flatten(self, facts: Facts) -> Flat:
        """The flat values of one event, read as they are asked for."""
        return Flat(facts, self._read)

    def reading(self, name: str) -> Reading:
        """How the flat value `name` comes about."""
        return self._readings[name]

    def facts(self) -> Mapping[str, str]:
        """{flat name: fact}."""
        return {name: reading.fact for name, reading in self._readings.items()}

    def tags(self, flat: Flat, fact: str, mode: str) -> Set[str]:
        """What a fact shows: its items, its words or itself, read once for an event."""
        if (fact, mode) not in flat.tags:
            flat.tags[fact, mode] = self._tags(fact, mode, flat.facts.value(fact))
        return flat.tags[fact, mode]

    def _read(self, name: str, flat: Flat) -> Value:
        fact, mode, tags = self._readings[name]
        if mode == "identity":
            return self._identity(fact, flat.facts.value(fact))
        if mode in ("low", "high"):
            value = flat.facts.value(fact)
            if _is_number(value):
                return self._rank(fact, value)
            return -1 if mode == "low" else _ABOVE_ALL
        return 0 if tags.isdisjoint(self.tags(flat, fact, mode)) else 1

    # ---- what an atom asks

    def _affirmed(self, atom: Atom) -> Lit:
        fact, operator, value = atom.fact, atom.operator, atom.value
        several = kind_of(fact) is Kind.SET
        match operator:
            case "gt" | "gte":
                return Lit(self._name(fact, "low"), operator, self._rank(fact, value))
            case "lt" | "lte":
                return Lit(self._name(fact, "high"), operator, self._rank(fact, value))
            case "exists" if several:
                return self._flag(fact, "some", ["some"], up=value)
            case "exists":
                return Lit(self._name(fact, "identity"), "ne" if value else "eq", MISSING)
            case "has" | "lacks" if fact == "text":
                return self._flag(fact, "says", [spoken(value)], up=operator == "has")
            case "has" | "lacks":
                tags = [self._identity(fact, value)]
                return self._flag(fact, "has", tags, up=operator == "has")
            case "eq" | "ne" if not several:
                return Lit(self._name(fact, "identity"), operator, self._identity(fact, value))
            case _:
                tags = [self._identity(fact, constant) for constant in atom.values]
                mode: Mode = "has" if several else "is"
                return self._flag(fact, mode, tags, up=operator in ("eq", "in"))

    def _flag(self, fact: str, mode: Mode, tags: Collection[str], up: bool) -> Lit:
        return Lit(self._name(fact, mode, tags), "eq", 1 if up else 0)

    def _name(self, fact: str, mode: Mode, tags: Collection[str] = ()) -> str:
        reading = Reading(fact, mode, frozenset(tags))
        if reading not in self._names:
            kind = {"identity": "e", "low": "l", "high": "h"}.get(mode, _FLAG)
            name = self._names[reading] = f"{kind}{len(self._names)}"
            self._readings[name] = reading
        return self._names[reading]

    # ---- what a value is

    def _identity(self, fact: str, value: Any) -> str:
        """Kind and value as one text. Numbers no rule names are all one number, none of ours."""
        if value is None:
            return MISSING
        if isinstance(value, bool):
            return f"b:{value}"
        if isinstance(value, str):
            return f"t:{form(fact, value)}"
        if isinstance(value, date):  # and datetime
            return f"t:{form(fact, value.isoformat())}"
        if _is_number(value):
            return self._numbers.get(value, "n:")
        return "?"

    def _rank(self, fact: str, number: Any) -> int:
        """Odd on a constant, even between two: 1.5 among [1, 2] stands at 2, 2 at 3."""
        constants = self._ordered[fact]
        place = bisect_left(constants, number)
        return 2 * place + (place < len(constants) and constants[place] == number)

    def _tags(self, fact: str, mode: str, value: Any) -> Set[str]:
        if mode == "is":
            return {self._identity(fact, value)}
        if mode == "says":
            return self._phrases.find(spoken(value)) if isinstance(value, str) else _NOTHING
        if not isinstance(value, list | tuple | set | frozenset):
            return _NOTHING
        if mode == "some":
            return {"some"} if value else _NOTHING
        return {self._identity(fact, item) for item in islice(value, MAX_ITEMS)}


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value  # NaN is no number: it is not even itself


def _numbered(constants: Iterable[Any]) -> dict[Any, str]:
    """{number: identity}; 1 and 1.0 are one number and so one key."""
    numbers = dict.fromkeys(value for value in constants if _is_number(value))
    return {number: f"n:{place}" for place, number in enumerate(numbers)}


def _asks_for_words(atom: Atom) -> bool:
    return atom.fact == "text" and atom.operator in ("has", "lacks")
