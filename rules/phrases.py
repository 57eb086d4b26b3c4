"""Finds many words and phrases in one pass over a message (Aho-Corasick)."""

from collections.abc import Iterable

import ahocorasick

from rules.text import stands_alone


class PhraseBook:
    """Phrases in spoken form, found where they stand as whole words. Read-only once built."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for phrase in phrases:
            if phrase:
                self._automaton.add_word(phrase, phrase)
        self._empty = len(self._automaton) == 0
        if not self._empty:
            self._automaton.make_automaton()

    def find(self, said: str) -> set[str]:
        """The phrases that stand in `said`, a spoken text."""
        if self._empty or not said:
            return set()
        return {
            phrase
            for last, phrase in self._automaton.iter(said)
            if stands_alone(said, last + 1 - len(phrase), last + 1)
        }
