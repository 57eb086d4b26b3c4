"""One small ruleset of durable_rules: a fixed state, and the groups it says hold.

Groups are packed by their anchors, so that an event asks few chambers, each with few conditions
behind one another: the C code looks at those one by one, and hangs where there are 512.

The C functions are called as the library's own Host calls them, without it: a Host starts threads
that read freed memory, swallows what interrupts it, and copies everything through JSON twice.
"""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import durable_rules_engine as dre

from rules.compiler import Group
from rules.flat import Lit, Value

GROUPS = 64  # in one chamber; the C code counts as many that hold at once
PROPERTIES = 240  # of one fact, ids included; the C code takes 254

_CANARY = "canary"
_STATE = "0"
_KEYS = f'"id":"e","sid":"{_STATE}"'
_NOT_HANDLED, _OBSERVED, _NO_STATE = 1, 2, 3  # what the C functions say beside 0

# Several rulesets live in one process while a new version replaces an old one.
_serial = itertools.count()
_quoted = json.encoder.encode_basestring


class TooManyError(Exception):
    """More conditions hold at once than the C code counts; its state is clean."""


class BrokenError(Exception):
    """The state was left leased by an interrupted call and must not be asked again."""


FAULTS = (dre.error, MemoryError, BrokenError)


def packed(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """The groups in portions of a chamber each, those behind one anchor beside each other."""
    portion: list[Group] = []
    names: set[str] = set()
    for group in sorted(groups, key=lambda g: (g.literals[0].name, str(g.literals[0].value))):
        more = {literal.name for literal in group.literals}
        if portion and (len(portion) == GROUPS or len(names | more) + 2 > PROPERTIES):
            yield portion
            portion, names = [], set()
        portion.append(group)
        names |= more
    if portion:
        yield portion


class Chamber:
    """Not for two threads at once. `suspect`: a call did not come back, so it must be rebuilt."""

    def __init__(self, groups: list[Group]) -> None:
        """Raises one of FAULTS where the C code does not take the groups."""
        self.groups = groups
        self.suspect = False
        self._handle = self._built()

    def fire(self, fact: Mapping[str, Value]) -> list[int]:
        """The places of the groups that hold; what `fact` leaves out never holds.

        May be interrupted at any instant, by a job's timeout for one: `suspect` stays up then.
        Raises TooManyError or one of FAULTS.
        """
        self.suspect = True
        try:
            fired = _ask(self._handle, fact)
        except TooManyError:
            self.suspect = False
            raise
        self.suspect = False
        return list(map(int, fired))

    def rebuild(self) -> None:
        """A fresh ruleset in place of one that answers wrongly or crashes."""
        old, self._handle = self._handle, self._built()
        self.suspect = False
        _free(old)

    def close(self) -> None:
        """Give the C memory back; it must not be asked afterwards."""
        _free(self._handle)

    def _built(self) -> Any:
        rules = {str(group.place): _rule(group) for group in self.groups}
        rules[_CANARY] = _canary()
        # Facts carry letters as they are, and the C code compares them byte by byte.
        definition = json.dumps(rules, ensure_ascii=False)
        handle = dre.create_ruleset(f"drumbeat@{next(_serial)}", definition)
        # The first completed action also initialises memory that freeing the state relies on.
        if _ask(handle, {_CANARY: 1}) != [_CANARY]:
            raise BrokenError("the canary did not sing")
        return handle


def _ask(handle: Any, fact: Mapping[str, Value]) -> list[str]:
    """Assert and retract one fact; the names of the rules that fire."""
    try:
        said, state = dre.assert_fact(handle, _json(fact))
        if said == _NOT_HANDLED:
            return []  # no rule holds: then the fact is not kept either
        if said == _OBSERVED:
            raise BrokenError("the fact before is still there")
        fired = _fired(handle, state if said != _NO_STATE else 0)
    except dre.error as error:
        _retract(handle)
        if "303" in str(error):
            raise TooManyError from None
        raise
    _retract(handle)
    if not fired:
        raise BrokenError("a rule holds, but none fired")
    return fired


def _fired(handle: Any, state: int) -> list[str]:
    """Complete every action that is due, without doing anything."""
    names: list[str] = []
    started = dre.start_action_for_state(handle, state)
    if started:
        standing, due = started[0], started[1]
        while due:
            names.append(due[2 : due.index('"', 2)])  # {"name":{…}}
            dre.update_state(handle, standing)
            due = dre.complete_and_start_action(handle, state)
    return names


def _retract(handle: Any) -> None:
    said, state = dre.retract_fact(handle, f"{{{_KEYS}}}")
    if said in (0, _NO_STATE):
        _fired(handle, state if said != _NO_STATE else 0)


def _json(fact: Mapping[str, Value]) -> str:
    values = "".join(
        f',"{name}":{_quoted(value) if isinstance(value, str) else value}'
        for name, value in fact.items()
    )
    return f"{{{_KEYS}{values}}}"


def _rule(group: Group) -> dict[str, Any]:
    return {"all": [{"m": {"$and": [_condition(literal) for literal in group.literals]}}]}


def _condition(literal: Lit) -> dict[str, Any]:
    compared = {literal.name: literal.value}
    match literal.op:
        case "eq":
            return compared
        case "ne":
            return {"$neq": compared}
        case op:
            return {f"${op}": compared}


def _canary() -> dict[str, Any]:
    return {"all": [{"m": {_CANARY: 1}}]}


def _free(handle: Any) -> None:
    dre.delete_state(handle, _STATE)
    dre.delete_ruleset(handle)
