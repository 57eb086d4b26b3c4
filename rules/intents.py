"""What a message means: the intents found in it, surest first, and how each was found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rules.fuzzy import LikeBook
from rules.model import Intent
from rules.phrases import PhraseBook
from rules.regexes import RegexSet
from rules.text import fold, spoken, typed, without_symbols

How = Literal["exact", "button", "phrase", "word", "regex", "like"]

_CONFIDENCE: dict[How, float] = {
    "exact": 1.0,
    "button": 1.0,
    "phrase": 0.95,
    "word": 0.9,
    "regex": 0.85,
}
_ORDER: tuple[How, ...] = ("exact", "button", "phrase", "word", "regex", "like")


@dataclass(frozen=True, slots=True)
class IntentMatch:
    """One intent, how it was found and on what. confidence: 0 to 1."""

    name: str
    how: How
    found: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An intent that a message came near to, and why it was not found. confidence: 0 to 1."""

    name: str
    how: How
    found: str
    confidence: float
    why: str


class Matcher:
    """All intents of a set of rule files, compiled once. Read-only, so threads may share it."""

    def __init__(self, intents: Mapping[str, Intent]) -> None:
        self._exact: dict[str, list[str]] = {}
        self._buttons: dict[str, list[str]] = {}
        self._phrases: dict[str, list[tuple[str, How]]] = {}
        self._regex_intents: list[str] = []
        regexes: list[str] = []
        like: dict[str, frozenset[str]] = {}
        for name, intent in intents.items():
            for text in intent.exact or ():
                self._exact.setdefault(spoken(text), []).append(name)
            for button in intent.buttons or ():
                self._buttons.setdefault(fold(button, 256), []).append(name)
            for text in intent.phrases or ():
                self._phrases.setdefault(spoken(text), []).append((name, "phrase"))
            for text in intent.words or ():
                self._phrases.setdefault(spoken(text), []).append((name, "word"))
            for pattern in intent.regex or ():
                regexes.append(pattern)
                self._regex_intents.append(name)
            for text in intent.like or ():
                like[spoken(text)] = like.get(spoken(text), frozenset()) | {name}
        self._book = PhraseBook(self._phrases)
        self._regexes = RegexSet(regexes)
        self._like = LikeBook(like)

    def find(
        self, text: str | None, button: str | None = None, button_title: str | None = None
    ) -> tuple[IntentMatch, ...]:
        """Every intent that holds, once each, surest first. `like` is asked only when none does.

        A tapped button without a text of its own speaks with its title.
        """
        heard = text if text is not None else button_title or ""
        best: dict[str, IntentMatch] = {}
        for match in self._sure(heard, button):
            known = best.get(match.name)
            if known is None or _rank(match) < _rank(known):
                best[match.name] = match
        if not best and (near := self._like.find(spoken(heard))):
            name, phrase, score = near
            return (IntentMatch(name, "like", phrase, round(score / 100, 3)),)
        return tuple(sorted(best.values(), key=_rank))

    def passed_over(self, text: str | None, button_title: str | None = None) -> list[PassedOver]:
        """What came near and was not found, the nearest first. For explaining alone."""
        heard = text if text is not None else button_title or ""
        found = self.find(text, None, button_title)
        sure = any(match.how != "like" for match in found)
        return [
            PassedOver(
                name, "like", phrase, round(score / 100, 3),
                "likeness is asked only where nothing else is found" if sure else why,
            )
            for name, phrase, score, why in self._like.considered(spoken(heard))
            if name not in {match.name for match in found}
        ]  # fmt: skip

    def _sure(self, heard: str, button: str | None) -> Iterator[IntentMatch]:
        said = spoken(heard)
        for form in dict.fromkeys((said, without_symbols(said))):
            for name in self._exact.get(form, ()) if form else ():
                yield _match(name, "exact", form)
        if button:
            tapped = fold(button, 256)
            for name in self._buttons.get(tapped, ()):
                yield _match(name, "button", tapped)
        for phrase in self._book.find(said):
            for name, how in self._phrases[phrase]:
                yield _match(name, how, phrase)
        for place, found in self._regexes.find(typed(heard)):
            yield _match(self._regex_intents[place], "regex", found)


def _match(name: str, how: How, found: str) -> IntentMatch:
    return IntentMatch(name, how, found, _CONFIDENCE[how])


def _rank(match: IntentMatch) -> tuple[int, int, str, str]:
    """Surest way first, then what says most; names settle the rest, so answers repeat."""
    return (_ORDER.index(match.how), -len(match.found), match.name, match.found)
