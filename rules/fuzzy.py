"""Finds what a whole message is nearly the same as (RapidFuzz), and admits when it cannot tell.

Only whole messages are compared, so `surprise me` is never a `price`: part of a text being alike
counts only between texts of three words and more whose lengths are close.
"""

from collections.abc import Mapping

from rapidfuzz import fuzz, process

FLOOR = 85.0  # of 100
FLOOR_SHORT = 90.0  # a short text is soon like another: rice, price
MARGIN = 4.0  # the best must lead the next intent by this, else nobody knows
SHORT_CHARS = 8
MIN_CHARS = 4
MAX_CHARS = 300  # nobody says a whole page nearly the same way twice


class LikeBook:
    """Spoken phrases and the intents they belong to. Read-only once built."""

    def __init__(self, phrases: Mapping[str, frozenset[str]]) -> None:
        self._intents = list(phrases.values())
        self._phrases = list(phrases)
        self._sorted = [_sorted_words(phrase) for phrase in self._phrases]

    def find(self, said: str) -> tuple[str, str, float] | None:
        """(intent, phrase, likeness of 100) of the clear winner; None where there is none."""
        if not self._phrases or not MIN_CHARS <= len(said) <= MAX_CHARS:
            return None
        best: dict[str, tuple[float, str]] = {}
        for place, score in self._scores(said).items():
            for intent in self._intents[place]:
                if score > best.get(intent, (0.0, ""))[0]:
                    best[intent] = (score, self._phrases[place])
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        if not ranked or (len(ranked) > 1 and ranked[0][1][0] - ranked[1][1][0] < MARGIN):
            return None
        intent, (score, phrase) = ranked[0]
        return intent, phrase, score

    def _scores(self, said: str) -> dict[int, float]:
        scores: dict[int, float] = {}
        words = _sorted_words(said)
        for _, score, place in process.extract(
            words, self._sorted, scorer=fuzz.ratio, processor=None, score_cutoff=FLOOR, limit=None
        ):
            shorter = min(len(words), len(self._sorted[place]))
            if score >= (FLOOR if shorter >= SHORT_CHARS else FLOOR_SHORT):
                scores[place] = score
        if said.count(" ") < 2:
            return scores
        for _, score, place in process.extract(
            said, self._phrases, scorer=fuzz.token_set_ratio, processor=None,
            score_cutoff=FLOOR, limit=None,
        ):  # fmt: skip
            if _comparable(said, self._phrases[place]):
                # Words in common say less than the whole being alike.
                scores[place] = max(scores.get(place, 0.0), score - 5.0, FLOOR)
        return scores


def _comparable(said: str, phrase: str) -> bool:
    return min(said.count(" "), phrase.count(" ")) >= 2 and min(
        len(said), len(phrase)
    ) >= 0.6 * max(len(said), len(phrase))


def _sorted_words(said: str) -> str:
    return " ".join(sorted(said.split()))
