"""Rules that never act: their conditions contradict, or a `stop` before them always wins. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rules import atoms, possible
from rules.atoms import Atom, Conjunction, TooManyWaysError
from rules.problems import Problem
from rules.projection import form
from rules.structure import PlacedRule

_Key = tuple[str, str]


@dataclass(slots=True)
class _Stops:
    """The ways of rules that end the round, under one condition of equality each."""

    under: dict[_Key, list[tuple[Conjunction, PlacedRule]]] = field(default_factory=dict)
    others: list[tuple[Conjunction, PlacedRule]] = field(default_factory=list)

    def add(self, way: Conjunction, placed: PlacedRule) -> None:
        keys = sorted(
            (_rank(one), key) for one in way for key in _keys(one) if len(one.values) == 1
        )
        entry = (way, placed)
        if keys:
            self.under.setdefault(keys[0][1], []).append(entry)
        else:
            self.others.append(entry)

    def before(self, way: Conjunction) -> PlacedRule | None:
        """A rule that holds wherever `way` does."""
        keys = (key for one in way for key in _keys(one))
        near = (entry for key in keys for entry in self.under.get(key, ()))
        for stop, placed in (*near, *self.others):
            if all(possible.implied(atom, way) for atom in stop):
                return placed
        return None


def problems(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """One for each rule that never acts. `rules` in the order of the files."""
    stops = _Stops()
    for placed in sorted(rules, key=lambda one: -one.rule.priority):
        try:
            ways = atoms.conjunctions(placed.rule.when)
        except TooManyWaysError:
            most = f"{atoms.MAX_CONJUNCTIONS} combinations of any and all"
            yield _problem(placed, f"rule {placed.rule.rule!r} has more than {most}; split it")
            continue
        clashes = [possible.clash(way) for way in ways]
        alive = [way for way, clash in zip(ways, clashes, strict=True) if clash is None]
        if not alive:
            yield _problem(placed, f"can never hold: {next(filter(None, clashes))}")
            continue
        before = [stops.before(way) for way in alive]
        if (winner := before[0]) and all(before):
            where = f"{winner.rule.rule!r} ({winner.file}:{winner.line})"
            yield _problem(placed, f"never acts: {where} comes first, holds too and stops")
        elif placed.rule.stop:
            for way in alive:
                stops.add(way, placed)


def _problem(placed: PlacedRule, message: str) -> Problem:
    return placed.document.problem((*placed.path, "when"), message)


def _keys(atom: Atom) -> Iterator[_Key]:
    """What an affirmed condition names: filed under one of these, asked for all of them."""
    if atom.affirms or (atom.operator == "has" and not atom.negated):
        for value in atom.values:
            yield atom.fact, f"{type(value).__name__}:{form(atom.fact, str(value))}"


def _rank(atom: Atom) -> int:
    """What says most is filed under; nearly every rule names its event."""
    return 1 if atom.fact == "event" else 0
