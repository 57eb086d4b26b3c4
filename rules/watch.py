"""Which events any rule looks at, so that the others cost nothing. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rules.atoms import Conjunction
from rules.event import ACCEPTED, NEGATIVES
from rules.text import fold
from rules.vocabulary import PROPERTY
from store.documents.rule_version import Telling

_CHANGES = {
    "segment": frozenset({"segment_entered", "segment_left"}),
    "attribute": frozenset({"attribute_changed"}),
}
_Names = frozenset[str] | None  # None: any


class Watch:
    """Built from the conjunctions of all rules, then read-only."""

    def __init__(self, ways: Iterable[Sequence[Conjunction]]) -> None:
        self._campaigns: dict[str, _Names] = {}  # event -> the campaigns asked about
        self._deadlines: dict[tuple[str, int], _Names] = {}
        for way in (way for rule in ways for way in rule):
            campaigns = _affirmed(way, "campaign")
            events = _affirmed(way, "event") or frozenset()
            for event in events:
                self._campaigns[event] = _either(self._campaigns, event, campaigns)
            for deadline in _deadlines(way, events):
                self._deadlines[deadline] = _either(self._deadlines, deadline, campaigns)

    def uses(self, event: str, campaign: str | None) -> bool:
        """Whether any rule could hold for this event of this campaign."""
        name = fold(event)
        if name not in self._campaigns:
            return False
        campaigns = self._campaigns[name]
        return campaigns is None or (campaign is not None and fold(campaign) in campaigns)

    def deadlines(self, campaign: str) -> frozenset[tuple[str, int]]:
        """(negative event, seconds) pairs that rules name for this campaign."""
        name = fold(campaign)
        return frozenset(
            deadline
            for deadline, names in self._deadlines.items()
            if names is None or name in names
        )


def changes(ways: Iterable[Sequence[Conjunction]]) -> dict[str, list[str]]:
    """{segment | attribute: names} of whose changes rules want to hear; `*` is any. Pure."""
    found: dict[str, set[str]] = {}
    for way in (way for rule in ways for way in rule):
        events = _affirmed(way, "event") or frozenset()
        for about, ours in _CHANGES.items():
            if events & ours:
                named = _named(way, f"{PROPERTY}{about}")
                found.setdefault(about, set()).update(named or {"*"})
    return {about: sorted(names) for about, names in found.items()}


def tellings(ways: Iterable[Sequence[Conjunction]]) -> list[Telling]:
    """What rules want to hear of campaigns' messages that nobody reports by itself: that Meta took
    one, and what was not done within a time. Pure."""
    asked: dict[tuple[str, int | None], _Names] = {}
    for way in (way for rule in ways for way in rule):
        campaigns = _affirmed(way, "campaign")
        events = _affirmed(way, "event") or frozenset()
        wanted: list[tuple[str, int | None]] = list(_deadlines(way, events))
        wanted += [(ACCEPTED, None)] if ACCEPTED in events else []
        for each in wanted:
            asked[each] = _either(asked, each, campaigns)
    return [
        {"event": event, "after_s": after_s, "campaigns": None if names is None else sorted(names)}
        for (event, after_s), names in sorted(asked.items(), key=str)
    ]


def _named(way: Conjunction, fact: str) -> set[str]:
    return {
        str(value) for atom in way if atom.fact == fact and atom.affirms for value in atom.values
    }


def _affirmed(way: Conjunction, fact: str) -> _Names:
    """The only values of `fact` with which `way` can hold; None where any may do."""
    named = [
        frozenset(fold(str(value)) for value in atom.values)
        for atom in way
        if atom.fact == fact and atom.affirms
    ]
    return frozenset.intersection(*named) if named else None


def _deadlines(way: Conjunction, events: frozenset[str]) -> Iterator[tuple[str, int]]:
    for atom in way:
        if atom.fact == "after" and atom.affirms:
            for event in events & NEGATIVES:
                yield event, int(atom.value)


def _either(known: Mapping[Any, _Names], key: Any, more: _Names) -> _Names:
    before = known.get(key, frozenset())
    return None if before is None or more is None else before | more
