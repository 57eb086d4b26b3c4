"""Compiles rules to what an engine evaluates: groups of comparisons over flat values. Pure.

Conjunctions that are the same in several rules become one group. Each group has an anchor, its most
telling comparison of equality, and a bucket over anchors, so that few groups are looked at for one
event. What would hang or corrupt the engine's C code is refused here, and the rule is named.
"""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules import atoms
from rules.atoms import Atom, Conjunction, TooManyWaysError
from rules.conditions import When
from rules.facts import Facts
from rules.projection import Flat, Lit, Projection

BUCKETS = 64
MAX_CHILDREN = 480  # conditions behind one prefix; the C code hangs from 512
MAX_GROUPS = 20_000
MAX_FACT_COUNT = 150  # values every event carries; the C code takes 254 with flags and buckets


class Group(NamedTuple):
    """Comparisons that must all hold, the anchor first, and the rules (by place) that then do."""

    place: int
    bucket: str
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
    buckets: Mapping[tuple[str, int | str], str]  # of each anchor

    def flatten(self, facts: Facts) -> Flat:
        """The flat values of one event, the buckets worth looking into among them."""
        flat = self.projection.flatten(facts)
        raised = [self.buckets[item] for item in flat.items() if item in self.buckets]
        flat.update(dict.fromkeys(raised, 1))
        return flat


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
    for place, rule in enumerate(keys):
        for key in rule:
            rules = merged.setdefault(_anchored(key, shared), [])
            if place not in rules:
                rules.append(place)
    groups = tuple(
        Group(place, _bucket(key[0]), key, tuple(rules))
        for place, (key, rules) in enumerate(merged.items())
    )
    _refuse_too_much(groups, projection)
    buckets = {(g.literals[0].name, g.literals[0].value): g.bucket for g in groups}
    return Compiled(projection, groups, literals, ways, buckets)


def _ways(place: int, when: When) -> tuple[Conjunction, ...]:
    try:
        return tuple(atoms.conjunctions(when))
    except TooManyWaysError:
        message = f"has more than {atoms.MAX_CONJUNCTIONS} combinations of any and all; split it"
        raise CompileError(place, message) from None


def _anchored(key: frozenset[Lit], shared: Mapping[Lit, int]) -> tuple[Lit, ...]:
    """The anchor first, the rest sorted, so that equal conjunctions are equal keys.

    Every conjunction names its event, so there is always an anchor; the one that fewest
    others share tells most.
    """

    def telling(literal: Lit) -> tuple[bool, int, Lit]:
        anchors = literal.op == "eq" and literal.value not in (0, "-")
        return (not anchors, shared[literal], _sortable(literal))

    first, *rest = sorted(key, key=telling)
    return (first, *sorted(rest, key=_sortable))


def _sortable(literal: Lit) -> Lit:
    return literal._replace(value=str(literal.value))


def _bucket(anchor: Lit) -> str:
    return f"b{zlib.crc32(f'{anchor.name}={anchor.value}'.encode()) % BUCKETS}"


def _refuse_too_much(groups: Sequence[Group], projection: Projection) -> None:
    children: dict[tuple[object, ...], set[object]] = {}
    for group in groups:
        key = (group.bucket, *group.literals)
        for depth, part in enumerate(key):
            behind = children.setdefault(key[:depth], set())
            behind.add(part)
            if len(behind) > MAX_CHILDREN:
                message = (
                    f"is one of more than {MAX_CHILDREN} that differ behind the same condition"
                )
                raise CompileError(group.rules[-1], message)
    if len(groups) > MAX_GROUPS:
        raise CompileError(groups[MAX_GROUPS].rules[-1], f"is beyond {MAX_GROUPS} conditions")
    if projection.fact_count > MAX_FACT_COUNT:
        last = groups[-1].rules[-1]
        message = f"brings the facts all rules ask about to more than {MAX_FACT_COUNT}"
        raise CompileError(last, message)
