"""Which comparisons are looked at first, and which of them hold for an event. Pure.

Each group of comparisons is filed under one, its anchor. Only groups whose anchor holds can hold,
so an event is asked for a handful of anchors and an engine for the groups behind them.
"""

from collections.abc import Iterable, Iterator, Mapping

from rules.flat import Flat, Lit, Value
from rules.projection import Projection

CROWD = 32  # groups behind one anchor, above which a rarer one is worth reading another fact

# What an event brings along; a contact's attributes are read only where these tell too little.
_OF_THE_EVENT = frozenset(
    {"event", "intent", "campaign", "button", "link", "error_code", "step", "after"}
)

Anchor = tuple[str, Value]


def order(key: frozenset[Lit], shared: Mapping[Lit, int], facts: Mapping[str, str]) -> list[Lit]:
    """The anchor first, the rest sorted, so that equal conjunctions are equal keys.

    shared: how many conjunctions hold each literal. facts: {flat name: fact}. Every conjunction
    names its event, so there is always an anchor.
    """

    def telling(literal: Lit) -> tuple[bool, bool, bool, int, Lit]:
        anchors = literal.op == "eq" and literal.value not in (0, "-")
        crowded = shared[literal] > CROWD
        dear = not crowded and facts[literal.name] not in _OF_THE_EVENT
        return (not anchors, crowded, dear, shared[literal], sortable(literal))

    first, *rest = sorted(key, key=telling)
    return [first, *sorted(rest, key=sortable)]


def sortable(literal: Lit) -> Lit:
    """Texts and numbers in one order."""
    return literal._replace(value=str(literal.value))


class Anchors:
    """The anchors of a set of rules. Read-only once built."""

    def __init__(self, anchors: Iterable[Lit], projection: Projection) -> None:
        self._known = {(literal.name, literal.value) for literal in anchors}
        self._identities: list[str] = []
        self._flags: dict[tuple[str, str], dict[str, list[Anchor]]] = {}
        for name in dict.fromkeys(name for name, _ in sorted(self._known, key=str)):
            reading = projection.reading(name)
            if reading.mode == "identity":
                self._identities.append(name)
                continue
            by_tag = self._flags.setdefault((reading.fact, reading.mode), {})
            for tag in reading.tags:
                by_tag.setdefault(tag, []).append((name, 1))
        self._projection = projection

    def standing(self, flat: Flat) -> Iterator[Anchor]:
        """The anchors that hold, once each."""
        for name in self._identities:
            anchor = (name, flat[name])
            if anchor in self._known:
                yield anchor
        for (fact, mode), by_tag in self._flags.items():
            raised: dict[Anchor, None] = {}
            for tag in self._projection.tags(flat, fact, mode):
                raised.update(dict.fromkeys(by_tag.get(tag, ())))
            yield from raised
