"""A published version of the rule files, compiled once: decides, and explains what it decided."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from rules import check, explain
from rules.acts import Action
from rules.engine import Choice, PythonEngine, choose
from rules.event import ContactFacts, Event
from rules.facts import Facts
from rules.intents import IntentMatch
from rules.known import Known
from rules.watch import Watch


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that held, and what it wants done, in order."""

    rule: str
    priority: int
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What one event means and brings about. `hits`: highest priority first, cut after a `stop`."""

    rule_version: int
    engine: str
    intents: tuple[IntentMatch, ...]
    hits: tuple[RuleHit, ...]


class RuleBook:
    """Read-only and safe to share between threads; several versions may live in one process."""

    def __init__(
        self,
        version: int,
        files: Mapping[str, str],
        engine: Choice = "auto",
        *,
        known: Known = check.ANYTHING,
        timezone: tzinfo = UTC,
    ) -> None:
        """files: {name: text}. timezone: the workspace's, for contacts without their own.

        Raises RuleFilesError, or EngineUnavailableError where `engine="durable"` cannot be had.
        """
        self.version = version
        self._zone = timezone
        self._set = check.load(files, known, strict=False)
        rules = self._set.rules
        self._watch = Watch(self._set.compiled.ways)
        self._hits = [RuleHit(r.rule.rule, r.rule.priority, r.rule.actions) for r in rules]
        order = sorted(range(len(rules)), key=lambda place: (-rules[place].rule.priority, place))
        self._order = {place: rank for rank, place in enumerate(order)}
        self._second_opinion = PythonEngine(self._set.compiled)
        self._engine = choose(engine, self._set.compiled)

    @property
    def engine_name(self) -> str:
        """`durable` or `python`."""
        return self._engine.name

    @property
    def engine_faults(self) -> int:
        """How often the engine failed and was rebuilt since this book was opened."""
        return self._engine.faults

    @property
    def intent_names(self) -> frozenset[str]:
        return frozenset(self._set.intents)

    @property
    def rule_names(self) -> tuple[str, ...]:
        """In the order of the files."""
        return tuple(hit.rule for hit in self._hits)

    def find_intents(self, event: Event) -> tuple[IntentMatch, ...]:
        """The intents in the event's text or button, surest first."""
        if event.text is None and event.button is None and event.button_title is None:
            return ()
        return self._set.matcher.find(event.text, event.button, event.button_title)

    def uses(self, event_name: str, campaign: str | None) -> bool:
        """Whether any rule looks at such events; costs next to nothing."""
        return self._watch.uses(event_name, campaign)

    def deadlines(self, campaign: str) -> frozenset[tuple[str, int]]:
        """(negative event, seconds) pairs that rules wait for after sending `campaign`."""
        return self._watch.deadlines(campaign)

    def decide(self, event: Event, contact: ContactFacts, now: datetime) -> Decision:
        """What is to be done. `now` is aware. The same arguments give the same decision."""
        intents = self.find_intents(event)
        hits: tuple[RuleHit, ...] = ()
        if self.uses(event.name, event.campaign):
            facts = self._facts(event, contact, intents, now)
            held = self._held(self._engine.matching(self._set.compiled.flatten(facts)))
            hits = tuple(self._hits[place] for place in self._until_stop(held))
        return Decision(self.version, self._engine.name, intents, hits)

    def hits_named(self, names: Collection[str]) -> tuple[RuleHit, ...]:
        """These rules and what they want done, in their order, whether or not they hold now.

        For an event that was decided before: a crash may have come between its actions, which
        may have changed what its rules look at.
        """
        chosen = [place for place, hit in enumerate(self._hits) if hit.rule in names]
        return tuple(self._hits[place] for place in sorted(chosen, key=self._order.__getitem__))

    def explain(self, event: Event, contact: ContactFacts, now: datetime) -> explain.Explanation:
        """Every rule, each of its conditions, and what would be done. Does nothing."""
        intents = self.find_intents(event)
        facts = self._facts(event, contact, intents, now)
        flat = self._set.compiled.flatten(facts)
        groups = self._engine.matching(flat)
        held = self._held(groups)
        return explain.explanation(
            rule_set=self._set,
            version=self.version,
            engine=self._engine.name,
            engines_agree=groups == self._second_opinion.matching(flat),
            facts=facts,
            flat=flat,
            intents=intents,
            passed_over=tuple(self._set.matcher.passed_over(event.text, event.button_title)),
            order=sorted(self._order, key=self._order.__getitem__),
            held=frozenset(held),
            fires=frozenset(self._until_stop(held)),
        )

    def close(self) -> None:
        """Give the engine's memory back. A closed book still answers; safe to repeat."""
        self._engine.close()

    def _facts(
        self,
        event: Event,
        contact: ContactFacts,
        intents: tuple[IntentMatch, ...],
        now: datetime,
    ) -> Facts:
        return Facts(event, contact, frozenset(match.name for match in intents), now, self._zone)

    def _held(self, groups: frozenset[int]) -> list[int]:
        compiled = self._set.compiled
        held = {place for group in groups for place in compiled.groups[group].rules}
        return sorted(held, key=self._order.__getitem__)

    def _until_stop(self, held: list[int]) -> list[int]:
        for count, place in enumerate(held, start=1):
            if self._set.rules[place].rule.stop:
                return held[:count]
        return held
