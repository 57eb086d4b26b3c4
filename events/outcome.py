"""What a replay found: which rules gain or lose matches, and who would be answered now. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from events.happened import Happened
from rules.acts import Action

SAMPLES = 3
_LONGEST = 100
NOTE = "Attributes, segments and language are those of today: what they were then is not kept."


@dataclass(frozen=True, slots=True)
class Side:
    """What one set of rules makes of an event. rules: {name: what it wants done}."""

    rules: Mapping[str, tuple[Action, ...]]
    intents: frozenset[str]
    answered: bool


@dataclass(slots=True)
class Change:
    """gained, lost: matches of the candidate alone, and of the published alone; each with a few
    samples. otherwise: both match, and the candidate does something else."""

    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0
    otherwise: int = 0
    gains: list[dict[str, Any]] = field(default_factory=list)
    losses: list[dict[str, Any]] = field(default_factory=list)

    def note(self, one: Happened, before: bool, after: bool) -> None:
        """Count one event; the first few are kept to be looked at."""
        self.before += before
        self.after += after
        if after and not before:
            self.gained += 1
            _sample(self.gains, one)
        if before and not after:
            self.lost += 1
            _sample(self.losses, one)

    def is_one(self) -> bool:
        return bool(self.gained or self.lost or self.otherwise)


@dataclass(slots=True)
class Outcome:
    """Counts of what was looked at and what would change. people_gone: events of people who are not
    known any more, and so are asked about as strangers."""

    events: int = 0
    changed: int = 0
    people_gone: int = 0
    names: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Change] = field(default_factory=dict)
    intents: dict[str, Change] = field(default_factory=dict)
    answers: Change = field(default_factory=Change)

    def add(self, one: Happened, before: Side, after: Side) -> None:
        """Count one event."""
        self.events += 1
        self.names[one.event.name] += 1
        self.changed += before.rules != after.rules or before.answered != after.answered
        for name in before.rules.keys() | after.rules.keys():
            change = self.rules.setdefault(name, Change())
            change.note(one, name in before.rules, name in after.rules)
            both = name in before.rules and name in after.rules
            change.otherwise += both and before.rules[name] != after.rules[name]
        for name in before.intents | after.intents:
            change = self.intents.setdefault(name, Change())
            change.note(one, name in before.intents, name in after.intents)
        self.answers.note(one, before.answered, after.answered)


def document(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON holds it; rules and intents that change nothing are only counted."""
    return {
        "events": outcome.events,
        "by_event": dict(outcome.names),
        "changed": outcome.changed,
        "people_gone": outcome.people_gone,
        "rules": _changes(outcome.rules),
        "intents": _changes(outcome.intents),
        "answered": _change(outcome.answers),
        "note": NOTE,
    }


def _changes(changes: Mapping[str, Change]) -> dict[str, Any]:
    return {name: _change(each) for name, each in sorted(changes.items()) if each.is_one()}


def _change(each: Change) -> dict[str, Any]:
    counts = ("before", "after", "gained", "lost", "otherwise")
    samples = {"samples_gained": each.gains, "samples_lost": each.losses}
    return {**{name: getattr(each, name) for name in counts}, **samples}


def lines(outcome: Outcome) -> Iterator[str]:
    """The outcome for people."""
    yield f"{outcome.events:,} events looked at; {outcome.changed:,} would be decided otherwise"
    if outcome.people_gone:
        yield f"{outcome.people_gone:,} of them are of people who are not known any more"
    yield NOTE
    for title, changes in (("rules", outcome.rules), ("intents", outcome.intents)):
        told = [(name, each) for name, each in sorted(changes.items()) if each.is_one()]
        if told:
            yield ""
            yield f"{title} that gain or lose:"
        for name, each in told:
            yield from _change_lines(f"  {name}", each)
    yield ""
    yield from _change_lines("answered (by a reply or a campaign)", outcome.answers)


def _change_lines(title: str, each: Change) -> Iterator[str]:
    other = f", {each.otherwise:,} done otherwise" if each.otherwise else ""
    counts = f"{each.before:,} → {each.after:,}"
    yield f"{title}: {counts} (+{each.gained:,} −{each.lost:,}{other})"
    for sign, samples in (("+", each.gains), ("−", each.losses)):
        for sample in samples:
            said = sample["text"] or sample["button"] or ""
            yield f"      {sign} {sample['at']} {sample['event']} {said}".rstrip()


def _sample(samples: list[dict[str, Any]], one: Happened) -> None:
    if len(samples) >= SAMPLES:
        return
    event = one.event
    text = event.text
    if text is not None and len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    samples.append(
        {
            "event": event.name,
            "at": event.at.isoformat(),
            "text": text,
            "button": event.button,
            "campaign": event.campaign,
            "contact_id": str(one.contact_id),
        }
    )
