"""The baseline for rules: what people write first, a loop over all rules with nothing prepared but
compiled expressions. It knows no more of the language than the bench uses."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from rapidfuzz import fuzz, process

from rules.check import load
from rules.event import ContactFacts, Event
from rules.model import Intent
from rules.text import spoken

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda seen, wanted: seen == wanted,
    "in": lambda seen, wanted: seen in wanted,
    "gte": lambda seen, wanted: seen is not None and seen >= wanted,
    "has": lambda seen, wanted: wanted in seen,
}


class PlainLoop:
    """The rules of some files, asked one after the other."""

    def __init__(self, files: Mapping[str, str]) -> None:
        checked = load(files)
        self._intents = [(name, _Plain(intent)) for name, intent in checked.intents.items()]
        self._rules = [
            (placed.rule.rule, [(f, list(c.tests())) for f, c in placed.rule.when.facts.items()])
            for placed in checked.rules
        ]

    def decide(self, event: Event, contact: ContactFacts) -> list[str]:
        """The rules that hold."""
        facts: dict[str, Any] = {
            "event": event.name,
            "campaign": event.campaign,
            "button": event.button,
            "contact.segments": contact.segments,
            **{f"contact.attributes.{name}": value for name, value in contact.attributes.items()},
        }
        intents = self._heard(event.text) if event.text else []
        return [name for name, asked in self._rules if _holds(asked, facts, intents)]

    def _heard(self, text: str) -> list[str]:
        said = spoken(text)
        found = [name for name, intent in self._intents if intent.found(said, text)]
        return found or [name for name, intent in self._intents if intent.alike(said)]


class _Plain:
    def __init__(self, intent: Intent) -> None:
        self.words = [re.compile(rf"\b{word}\b") for word in intent.words or ()]
        self.phrases = list(intent.phrases or ())
        self.patterns = [re.compile(pattern, re.IGNORECASE) for pattern in intent.regex or ()]
        self.like = list(intent.like or ())

    def found(self, said: str, text: str) -> bool:
        return (
            any(word.search(said) for word in self.words)
            or any(phrase in said for phrase in self.phrases)
            or any(pattern.search(text) for pattern in self.patterns)
        )

    def alike(self, said: str) -> bool:
        cutoff = 85
        found = process.extractOne(said, self.like, scorer=fuzz.ratio, score_cutoff=cutoff)
        return found is not None


def _holds(asked: Any, facts: Mapping[str, Any], intents: list[str]) -> bool:
    names = {fact for fact, _ in asked}
    if "event" not in names and facts["event"] != "message":
        return False
    for fact, tests in asked:
        for operator, wanted in tests:
            if fact == "intent":
                if wanted not in intents:
                    return False
            elif not _COMPARE[operator](facts.get(fact), wanted):
                return False
    return True
