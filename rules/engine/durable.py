"""The compiled rules evaluated by durable_rules, inside the little of it that can be trusted.

Each event is one fact, asserted and retracted under a lock on one fixed state; conditions compare
texts of our own making and small whole numbers. Everything else the library offers (states of
their own for contacts, timers, joins, its regular expressions, its threads) was measured to crash,
hang or err, and is not used. Whatever goes wrong in it, the Python engine answers the event.
"""

import logging
import threading
from collections.abc import Mapping

from rules.anchors import Anchor
from rules.compiler import Compiled
from rules.engine.base import EngineUnavailableError
from rules.engine.chamber import FAULTS, Chamber, TooManyError, packed
from rules.engine.python import PythonEngine
from rules.flat import Flat, Value

log = logging.getLogger(__name__)


class DurableEngine:
    """durable_rules behind a lock. `faults` counts the times a part of it was rebuilt."""

    name = "durable"

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._python = PythonEngine(compiled)
        self._lock = threading.Lock()
        self._closed = False
        self.faults = 0
        self._chambers: list[Chamber] = []
        try:
            self._chambers.extend(map(Chamber, packed(compiled.groups)))
        except FAULTS as error:
            self.close()
            raise EngineUnavailableError(
                f"durable_rules does not take these rules: {error}"
            ) from error
        # By anchor: the chambers that hold the groups behind it, and the values those compare.
        self._behind: dict[Anchor, dict[int, set[str]]] = {}
        for place, chamber in enumerate(self._chambers):
            for group in chamber.groups:
                anchor = group.literals[0]
                names = self._behind.setdefault((anchor.name, anchor.value), {})
                names.setdefault(place, set()).update(one.name for one in group.literals)

    def matching(self, flat: Flat) -> frozenset[int]:
        """The places of the groups whose comparisons all hold; safe to interrupt at any instant."""
        asked: dict[int, set[str]] = {}
        for anchor in self._compiled.standing(flat):
            for place, names in self._behind[anchor].items():
                asked[place] = asked[place] | names if place in asked else names
        if not asked:
            return frozenset()
        facts = {place: {name: flat[name] for name in names} for place, names in asked.items()}
        with self._lock:
            if self._closed:
                return self._python.matching(flat)  # closed while an event was on its way
            try:
                return frozenset(
                    group
                    for place, fact in facts.items()
                    for group in self._fire(self._chambers[place], fact)
                )
            except (TooManyError, *FAULTS):
                return self._python.matching(flat)

    def _fire(self, chamber: Chamber, fact: Mapping[str, Value]) -> list[int]:
        if chamber.suspect:
            self.faults += 1
            log.warning("the rule engine failed and is rebuilt", extra={"faults": self.faults})
            chamber.rebuild()
        return chamber.fire(fact)

    def close(self) -> None:
        """Give the C memory back; events still on their way are answered in Python."""
        with self._lock:
            self._closed = True
            chambers, self._chambers = self._chambers, []
            for chamber in chambers:
                chamber.close()
