"""Attributes and segments that nobody here has, and values unlike those people have. Pure.

Warnings, not faults: tomorrow's import may bring them. Names that rules of the same files give are
no strangers.
"""

from collections.abc import Iterator, Mapping, Sequence

from rules import acts, atoms
from rules.atoms import Atom
from rules.known import Known
from rules.problems import Problem
from rules.structure import PlacedRule
from rules.vocabulary import ATTRIBUTE, meant

_ORDERING = ("gt", "gte", "lt", "lte")
_ARTICLES = {"text": "a text", "number": "a number", "truth": "true or false", "list": "a list"}


def problems(rules: Sequence[PlacedRule], known: Known) -> Iterator[Problem]:
    """Everything `rules` name that `known` does not; nothing of what is not known at all."""
    given = _Given(rules)
    for placed in rules:
        for atom in atoms.of(placed.rule.when):
            for message in given.of_atom(atom, known):
                yield _warning(placed, atom.path, message)
        for place, item in enumerate(placed.rule.then):
            for message in given.of_action(item.action, known):
                yield _warning(placed, ("then", place, item.action.kind), message)


def _warning(placed: PlacedRule, path: atoms.Path, message: str) -> Problem:
    return placed.document.problem((*placed.path, *path), message, warning=True)


class _Given:
    """What the rules themselves give to contacts."""

    def __init__(self, rules: Sequence[PlacedRule]) -> None:
        self.attributes: set[str] = set()
        self.segments: set[str] = set()
        for action in (action for placed in rules for action in placed.rule.actions):
            if isinstance(action, acts.SetAttributes):
                self.attributes.update(action.values)
            elif isinstance(action, acts.Increment):
                self.attributes.update(action.by)
            elif isinstance(action, acts.AddToSegment):
                self.segments.add(action.segment)

    def of_atom(self, atom: Atom, known: Known) -> Iterator[str]:
        if atom.operator == "exists":
            return  # asking whether it is there is fair
        if atom.fact == "contact.segments" and known.segments is not None:
            for value in atom.values:
                if value not in known.segments | self.segments:
                    near = meant(str(value), known.segments | self.segments)
                    yield f"nobody is in a segment {value!r}{near}"
        if atom.fact.startswith(ATTRIBUTE) and known.attributes is not None:
            yield from self._of_attribute(atom, known.attributes)

    def _of_attribute(self, atom: Atom, used: Mapping[str, frozenset[str]]) -> Iterator[str]:
        path = atom.fact.removeprefix(ATTRIBUTE)
        names = used.keys() | self.attributes
        if path not in names and path.split(".")[0] not in names:
            yield f"nobody has an attribute {path!r}{meant(path, names)}"
        elif path in used and path not in self.attributes and (unlike := _unlike(atom, used[path])):
            have = " or ".join(_ARTICLES[kind] for kind in sorted(used[path]))
            yield f"{atom.fact} is {have} of everybody we know, so {unlike}"

    def of_action(self, action: acts.Action, known: Known) -> Iterator[str]:
        if isinstance(action, acts.Notify) and known.addresses is not None:
            if action.address not in known.addresses:
                near = meant(action.address, known.addresses)
                yield f"NOTIFY_ADDRESSES gives no address {action.address!r}{near}"
            return
        if known.segments is None or not isinstance(
            action, acts.AddToSegment | acts.RemoveFromSegment
        ):
            return
        if action.segment in known.live:
            yield f"segment {action.segment!r} is live: its filter says who is in it, not rules"
        elif action.segment not in known.segments:
            near = meant(action.segment, known.segments, cutoff=0.8)
            if isinstance(action, acts.RemoveFromSegment) and action.segment not in self.segments:
                yield f"nobody is in a segment {action.segment!r}{near}"
            elif near:
                yield f"segment {action.segment!r} would be new{near}"


def _unlike(atom: Atom, kinds: frozenset[str]) -> str | None:
    """What never holds of values of these kinds, as half a sentence."""
    if not kinds <= _ARTICLES.keys():
        return None
    if atom.operator in ("has", "lacks"):
        return None if "list" in kinds else f"`{atom.operator}` says nothing of it"
    if atom.operator in _ORDERING:
        return None if "number" in kinds else f"`{atom.operator}` never holds"
    wanted = {_kind(value) for value in atom.values}
    if wanted & kinds:
        return None
    return f"{atom.values[0]!r}, {_ARTICLES[min(wanted)]}, is never equal to it"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number"
