"""Why each rule holds for an event, or does not: every condition with what it saw. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rules import atoms, model
from rules.acts import Action
from rules.atoms import Atom, Path
from rules.check import RuleSet
from rules.conditions import When
from rules.engine.python import holds
from rules.facts import Facts
from rules.flat import Flat
from rules.intents import IntentMatch, PassedOver
from rules.structure import PlacedRule
from rules.text import spoken


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact held against a value; or `all`, `any` or `not` over `parts`.

    held: of the condition as it is written, whatever `not` stands around it.
    """

    label: str
    held: bool
    operator: str | None = None
    expected: Any = None
    seen: Any = None
    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """One rule as it met the event. It fires when it holds and none before it stopped the round."""

    rule: str
    file: str
    line: int
    priority: int
    stop: bool
    held: bool
    fires: bool
    condition: Condition
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an event means and what each rule makes of it, in the order in which rules are asked."""

    rule_version: int
    engine: str
    engines_agree: bool  # durable_rules and Python gave the same answer just now
    event: str
    said: str | None  # the text in the form in which it is compared
    intents: tuple[IntentMatch, ...]
    rules: tuple[RuleSeen, ...]
    passed_over: tuple[PassedOver, ...] = ()  # intents that were near, and not found


def explanation(
    *,
    rule_set: RuleSet,
    version: int,
    engine: str,
    engines_agree: bool,
    facts: Facts,
    flat: Flat,
    intents: tuple[IntentMatch, ...],
    passed_over: tuple[PassedOver, ...] = (),
    order: Sequence[int],
    held: frozenset[int],
    fires: frozenset[int],
) -> Explanation:
    """Put together what a book found out about one event."""
    event = facts.event
    return Explanation(
        rule_version=version,
        engine=engine,
        engines_agree=engines_agree,
        event=event.name,
        said=None if event.text is None else spoken(event.text),
        intents=intents,
        passed_over=passed_over,
        rules=tuple(
            _seen(rule_set, rule_set.rules[place], place in held, place in fires, facts, flat)
            for place in order
        ),
    )


def _seen(
    rule_set: RuleSet, placed: PlacedRule, held: bool, fires: bool, facts: Facts, flat: Flat
) -> RuleSeen:
    rule = placed.rule
    looking = _Looking(rule_set, facts, flat)
    parts = tuple(looking.parts(rule.when, negated=False, path=("when",)))
    if implied := atoms.implied_event(rule.when):
        parts = (looking.atom(implied), *parts)
    return RuleSeen(
        rule=rule.rule,
        file=placed.file,
        line=placed.line,
        priority=rule.priority,
        stop=rule.stop,
        held=held,
        fires=fires,
        condition=Condition("all", held, parts=parts),
        actions=rule.actions,
    )


@dataclass(frozen=True, slots=True)
class _Looking:
    """Walks a `when:` and looks each atom up in the flat values, as the engine does."""

    rule_set: RuleSet
    facts: Facts
    flat: Flat

    def parts(self, when: When, negated: bool, path: Path) -> Iterator[Condition]:
        for atom in atoms.side_by_side(when, negated, path):
            yield self.atom(atom)
        for name, group, quantor in (("all", when.all_, all), ("any", when.any_, any)):
            if group:
                members = tuple(
                    self._together(part, negated, (*path, name, place))
                    for place, part in enumerate(group)
                )
                yield Condition(name, quantor(m.held for m in members), parts=members)
        if when.not_:
            inner = self._together(when.not_, not negated, (*path, "not"))
            yield Condition("not", not inner.held, parts=(inner,))

    def _together(self, when: When, negated: bool, path: Path) -> Condition:
        parts = tuple(self.parts(when, negated, path))
        if len(parts) == 1:
            return parts[0]
        return Condition("all", all(part.held for part in parts), parts=parts)

    def atom(self, atom: Atom) -> Condition:
        answer = holds(self.rule_set.compiled.literals[atom], self.flat)
        seen = self.facts.value(atom.fact)
        return Condition(
            label=atom.fact,
            held=answer is not atom.negated,
            operator=atom.operator,
            expected=list(atom.value) if isinstance(atom.value, tuple) else atom.value,
            seen=_plain(seen),
        )


def _plain(value: Any, depth: int = 0) -> Any:
    """A value for showing: sets sorted, long things cut, nothing JSON has no word for."""
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode()
        return text if len(text) <= 200 else text[:199] + "…"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < 1e18 else "(a huge number)"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))[:50]
    if isinstance(value, list | tuple) and depth < 2:
        return [_plain(item, depth + 1) for item in value[:50]]
    return f"({type(value).__name__})"


def document(explained: Explanation) -> dict[str, Any]:
    """The explanation as JSON holds it."""
    return {
        "rule_version": explained.rule_version,
        "engine": explained.engine,
        "engines_agree": explained.engines_agree,
        "event": explained.event,
        "text": explained.said,
        "intents": [
            {"name": m.name, "how": m.how, "found": m.found, "confidence": m.confidence}
            for m in explained.intents
        ],
        "passed_over": [asdict(near) for near in explained.passed_over],
        "rules": [
            {
                "rule": seen.rule,
                "file": seen.file,
                "line": seen.line,
                "priority": seen.priority,
                "stop": seen.stop,
                "held": seen.held,
                "fires": seen.fires,
                "conditions": [_condition_document(part) for part in seen.condition.parts],
                "then": [model.document(action) for action in seen.actions],
            }
            for seen in explained.rules
        ],
    }


def _condition_document(condition: Condition) -> dict[str, Any]:
    if condition.parts:
        parts = [_condition_document(part) for part in condition.parts]
        return {condition.label: parts, "held": condition.held}
    return {
        "fact": condition.label,
        "operator": condition.operator,
        "expected": condition.expected,
        "seen": condition.seen,
        "held": condition.held,
    }
