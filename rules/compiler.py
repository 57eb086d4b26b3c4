"""Compiles rules to what an engine evaluates: groups of comparisons over flat values. Pure.

Conjunctions that are the same in several rules become one group. Each group has an anchor, its most
telling comparison of equality, so that few groups are looked at for one event. What is beyond an
engine is refused here, and the rule is named.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules import anchors, atoms
from rules.anchors import Anchor, Anchors
from rules.atoms import Atom, Conjunction, TooManyWaysError
from rules.conditions import When
from rules.facts import Facts
from rules.flat import Flat, Lit
from rules.projection import Projection

MAX_GROUPS = 20_000
MAX_LITERALS = 150  # in one group; a fact of the C code has at most 254 values


class Group(NamedTuple):
    """Comparisons that must all hold, the anchor first, and the rules (by place) that then do."""

    place: int
    literals: tuple[Lit, ...]
    rules: tuple[int, ...]


class CompileError(Exception):
    """Rule number `rule` asks for more than the engine can be trusted with."""

    def __init__(self, rule: int, message: str) -> None:
        self.rule = rule
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A set of rules, ready for an engine. Read-only."""

    projection: Projection
    groups: tuple[Group, ...]
    literals: Mapping[Atom, Lit]  # each atom as written, for explaining
    ways: tuple[tuple[Conjunction, ...], ...]  # of each rule
    anchors: Anchors

    def flatten(self, facts: Facts) -> Flat:
        """The flat values of one event, read as they are asked for."""
        return self.projection.flatten(facts)

    def standing(self, flat: Flat) -> list[Anchor]:
        """The anchors that hold: no group behind another needs to be looked at."""
        return list(self.anchors.standing(flat))


def compile_rules(whens: Sequence[When]) -> Compiled:
    """Compile the conditions of rules, in their order. Raises CompileError."""
    ways = tuple(_ways(place, when) for place, when in enumerate(whens))
    written = [atom for when in whens for atom in atoms.of(when)]
    every = dict.fromkeys([*written, *(atom for rule in ways for way in rule for atom in way)])
    projection = Projection(every)
    literals = {atom: projection.literal(atom) for atom in every}
    merged: dict[tuple[Lit, ...], list[int]] = {}
    keys = [[frozenset(literals[atom] for atom in way) for way in rule] for rule in ways]
    shared = Counter(literal for rule in keys for key in rule for literal in key)
    facts = projection.facts()
    for place, rule in enumerate(keys):
        for key in rule:
            rules = merged.setdefault(tuple(anchors.order(key, shared, facts)), [])
            if place not in rules:
                rules.append(place)
    groups = tuple(
        Group(place, key, tuple(rules)) for place, (key, rules) in enumerate(merged.items())
    )
    _refuse_too_much(groups)
    filed = Anchors((group.literals[0] for group in groups), projection)
    return Compiled(projection, groups, literals, ways, filed)


def _ways(place: int, when: When) -> tuple[Conjunction, ...]:
    try:
        return tuple(atoms.conjunctions(when))
    except TooManyWaysError:
        message = f"has more than {atoms.MAX_CONJUNCTIONS} combinations of any and all; split it"
        raise CompileError(place, message) from None


def _refuse_too_much(groups: Sequence[Group]) -> None:
    for group in groups:
        if len(group.literals) > MAX_LITERALS:
            message = f"asks more than {MAX_LITERALS} things at once; split it"
            raise CompileError(group.rules[-1], message)
    if len(groups) > MAX_GROUPS:
        raise CompileError(groups[MAX_GROUPS].rules[-1], f"is beyond {MAX_GROUPS} conditions")
