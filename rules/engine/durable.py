"""The compiled rules evaluated by durable_rules, inside the little of it that can be trusted.

Each event is one fact, asserted and retracted under a lock on one fixed state; conditions compare
texts of our own making and small whole numbers. Everything else the library offers (states of
their own for contacts, timers, joins, its regular expressions, its threads) was measured to crash,
hang or err, and is not used. Whatever goes wrong in it, the Python engine answers the event.
"""

import itertools
import logging
import threading
from collections.abc import Callable
from typing import Any

import durable_rules_engine
from durable import engine as durable
from durable.engine import MessageNotHandledException, MessageObservedException

from rules.compiler import Compiled, Group
from rules.engine.base import EngineUnavailableError
from rules.engine.python import PythonEngine
from rules.projection import Flat, Lit

log = logging.getLogger(__name__)

SHARD = 3000  # groups in one ruleset; the C code takes 4096
MAX_PROPERTIES = 240  # of one fact, ids included; the C code takes 254

_CANARY = "canary"
_STATE = "0"
_FACT = "e"
_KEYS = {"id": _FACT, "sid": _STATE}

# Several rulesets live in one process while a new version replaces an old one.
_serial = itertools.count()


class _TooManyError(Exception):
    """More conditions hold at once than the C code counts; its state is clean."""


class _BrokenError(Exception):
    """The state was left leased by an interrupted call and must not be asked again."""


_FAULTS = (durable_rules_engine.error, MemoryError, MessageObservedException, _BrokenError)


class _QuietHost(durable.Host):
    """A host without the stock one's background threads, which read freed memory."""

    def __init__(self) -> None:
        self.fired: list[str] = []
        super().__init__()  # type: ignore[no-untyped-call]  # the library has no types

    def _run(self) -> None:
        """Start nothing."""

    def get_action(self, action_name: str) -> Callable[[Any], None]:
        # Trivial on purpose: the library swallows whatever an action raises.
        return lambda _closure: self.fired.append(action_name)


class DurableEngine:
    """durable_rules behind a lock. `faults` counts the times it was rebuilt."""

    name = "durable"

    def __init__(self, compiled: Compiled) -> None:
        self._groups = compiled.groups
        self._python = PythonEngine(compiled)
        self._lock = threading.Lock()
        self._suspect = False
        self.faults = 0
        try:
            self._host, self._rulesets = self._build()
        except _FAULTS as error:
            raise EngineUnavailableError(
                f"durable_rules does not take these rules: {error}"
            ) from error

    def matching(self, flat: Flat) -> frozenset[int]:
        """The places of the groups whose comparisons all hold.

        May be interrupted at any instant, by a job's timeout for one: `_suspect` stays up then, and
        the next event gets a new ruleset, since an interrupted one answers wrongly or crashes.
        """
        if len(flat) + len(_KEYS) > MAX_PROPERTIES:
            return self._python.matching(flat)
        with self._lock:
            if not self._rulesets:
                return self._python.matching(flat)  # closed while an event was on its way
            try:
                if self._suspect:
                    self._rebuild()
                self._suspect = True
                fired = self._fire(self._host, self._rulesets, flat)
            except _TooManyError:
                self._suspect = False
                return self._python.matching(flat)
            except _FAULTS:
                return self._python.matching(flat)
            self._suspect = False
            return frozenset(map(int, fired))

    def close(self) -> None:
        """Give the C memory back; events still on their way are answered in Python."""
        with self._lock:
            rulesets, self._rulesets = self._rulesets, []
            _free(self._host, rulesets)

    def _rebuild(self) -> None:
        self.faults += 1
        log.warning("the rule engine failed and is rebuilt", extra={"faults": self.faults})
        old = self._host, self._rulesets
        self._host, self._rulesets = self._build()
        _free(*old)

    def _build(self) -> tuple[Any, list[str]]:
        host: Any = _QuietHost()
        names: list[str] = []
        for first in range(0, len(self._groups), SHARD):
            name = f"drumbeat@{next(_serial)}"
            rules = {str(g.place): _rule(g) for g in self._groups[first : first + SHARD]}
            host.set_rulesets({name: {**rules, _CANARY: _canary()}})
            names.append(name)
        # The first completed action also initialises memory that freeing the state relies on.
        if self._fire(host, names, {_CANARY: 1}) != [_CANARY] * len(names):
            raise _BrokenError("the canary did not sing")
        return host, names

    @staticmethod
    def _fire(host: Any, rulesets: list[str], flat: Flat) -> list[str]:
        """Assert and retract one fact; the names of the rules that fired."""
        fired = host.fired
        fired.clear()
        for name in rulesets:
            before = len(fired)
            try:
                host.assert_fact(name, {**flat, **_KEYS})
            except MessageNotHandledException:
                continue  # no rule of this shard: then the fact is not kept either
            except durable_rules_engine.error as error:
                host.retract_fact(name, dict(_KEYS))
                if "303" in str(error):
                    raise _TooManyError from None
                raise
            host.retract_fact(name, dict(_KEYS))
            if len(fired) == before:
                raise _BrokenError
        return list(fired)


def _rule(group: Group) -> dict[str, Any]:
    conditions = [{group.bucket: 1}, *map(_condition, group.literals)]
    return {"all": [{"m": {"$and": conditions}}], "run": str(group.place)}


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
    return {"all": [{"m": {_CANARY: 1}}], "run": _CANARY}


def _free(host: Any, rulesets: list[str]) -> None:
    for name in rulesets:
        ruleset = host.get_ruleset(name)
        ruleset.delete_state(_STATE)
        durable_rules_engine.delete_ruleset(ruleset._handle)
