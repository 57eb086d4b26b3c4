"""Turns the facts of an event into the few flat values that compiled rules compare.

The engine's C code never sees what people typed or stored beyond texts of at most 256 visible
characters and small whole numbers under names of our own making:

- each fact that is compared has an identity, a text that also says its kind: `t:pune`, `n:3`, `-`
  where it is missing. So `"1"` is not `1`, and `ne` holds for what is missing.
- a number that is ordered becomes its rank among the constants it is ordered against, which is
  exact for every number there is. What is no number ranks below all for `gt` and above all for
  `lt`, so neither holds, and each has a plain opposite for `not`.
- sets, lists, `in` and words in a text become flags, 1 or, where a rule asks for their absence, 0.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable
from datetime import date
from itertools import islice
from typing import Any, Literal, NamedTuple

from rules.atoms import Atom
from rules.facts import Facts
from rules.phrases import PhraseBook
from rules.text import fold, spoken
from rules.vocabulary import Kind, kind_of

MAX_TEXT = 256
MAX_ITEMS = 1000  # of a list in an attribute
MISSING = "-"
_FLAG = "f"
_ORDERING = ("gt", "gte", "lt", "lte")
_ABOVE_ALL = 1_000_000_000

Op = Literal["eq", "ne", "gt", "gte", "lt", "lte"]
Flat = dict[str, int | str]

_OPPOSITE: dict[Op, Op] = {
    "eq": "ne",
    "ne": "eq",
    "gt": "lte",
    "lte": "gt",
    "lt": "gte",
    "gte": "lt",
}


class Lit(NamedTuple):
    """A comparison of one flat value with a constant: all that an engine needs to know."""

    name: str
    op: Op
    value: int | str


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
        self._identities: dict[str, str] = {}  # fact -> flat name
        self._ranks: dict[str, tuple[str, str]] = {}  # fact -> flat names, for gt and for lt
        self._flags: dict[tuple[str, ...], str] = {}
        # (fact, mode) -> tag -> the flags it raises
        self._raised: dict[tuple[str, str], dict[str, list[str]]] = {}
        self._lowered: set[str] = set()  # flags whose absence is asked for
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
        flag = literal.name.startswith(_FLAG)
        if atom.negated and flag:
            literal = literal._replace(value=1 - int(literal.value))
        elif atom.negated:
            literal = literal._replace(op=_OPPOSITE[literal.op])
        if flag and literal.value == 0:
            self._lowered.add(literal.name)
        return literal

    def flatten(self, facts: Facts) -> Flat:
        """The flat values of one event. Flags nobody misses are left out when they are down."""
        flat: Flat = dict.fromkeys(self._lowered, 0)
        for fact, name in self._identities.items():
            flat[name] = self._identity(fact, facts.value(fact))
        for fact, (low, high) in self._ranks.items():
            value = facts.value(fact)
            known = _is_number(value)
            flat[low] = self._rank(fact, value) if known else -1
            flat[high] = flat[low] if known else _ABOVE_ALL
        for (fact, mode), names_by_tag in self._raised.items():
            for tag in self._tags(fact, mode, facts.value(fact)):
                for name in names_by_tag.get(tag, ()):
                    flat[name] = 1
        return flat

    @property
    def fact_count(self) -> int:
        """How many values every event carries, whatever it is."""
        return len(self._identities) + 2 * len(self._ranks) + len(self._lowered)

    # ---- what an atom asks

    def _affirmed(self, atom: Atom) -> Lit:
        fact, operator, value = atom.fact, atom.operator, atom.value
        several = kind_of(fact) is Kind.SET
        match operator:
            case "gt" | "gte":
                return Lit(self._rank_names(fact)[0], operator, self._rank(fact, value))
            case "lt" | "lte":
                return Lit(self._rank_names(fact)[1], operator, self._rank(fact, value))
            case "exists" if several:
                return self._flag(fact, "some", ["some"], up=value)
            case "exists":
                return Lit(self._identity_name(fact), "ne" if value else "eq", MISSING)
            case "has" | "lacks" if fact == "text":
                return self._flag(fact, "says", [spoken(value)], up=operator == "has")
            case "has" | "lacks":
                tags = [self._identity(fact, value)]
                return self._flag(fact, "has", tags, up=operator == "has")
            case "eq" | "ne" if not several:
                return Lit(self._identity_name(fact), operator, self._identity(fact, value))
            case _:
                tags = [self._identity(fact, constant) for constant in atom.values]
                mode = "has" if several else "is"
                return self._flag(fact, mode, tags, up=operator in ("eq", "in"))

    def _flag(self, fact: str, mode: str, tags: Collection[str], up: bool) -> Lit:
        key = (fact, mode, *sorted(set(tags)))
        if key not in self._flags:
            name = self._flags[key] = f"{_FLAG}{len(self._flags)}"
            by_tag = self._raised.setdefault((fact, mode), {})
            for tag in set(tags):
                by_tag.setdefault(tag, []).append(name)
        return Lit(self._flags[key], "eq", 1 if up else 0)

    def _identity_name(self, fact: str) -> str:
        return self._identities.setdefault(fact, f"e{len(self._identities)}")

    def _rank_names(self, fact: str) -> tuple[str, str]:
        place = len(self._ranks)
        return self._ranks.setdefault(fact, (f"l{place}", f"h{place}"))

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

    def _tags(self, fact: str, mode: str, value: Any) -> Iterable[str]:
        if mode == "is":
            return (self._identity(fact, value),)
        if mode == "says":
            return self._phrases.find(spoken(value)) if isinstance(value, str) else ()
        if not isinstance(value, list | tuple | set | frozenset):
            return ()
        if mode == "some":
            return ("some",) if value else ()
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
