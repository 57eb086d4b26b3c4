"""Finds what a whole message is nearly the same as (RapidFuzz), and admits when it cannot tell.

Only whole messages are compared, so `surprise me` is never a `price`: part of a text being alike
counts only between texts of three words and more that share two and whose lengths are close.
Phrases that share too few pairs of letters with a message cannot be like it, and are not compared.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from math import ceil

from rapidfuzz import fuzz, process

from rules.sharing import SharingIndex

FLOOR = 85.0  # of 100
FLOOR_SHORT = 90.0  # a short text is soon like another: rice, price
MARGIN = 4.0  # the best must lead the next intent by this, else nobody knows
SHORT_CHARS = 8
MIN_CHARS = 4
SHARED_WORDS = 2
_NEAR = 60.0  # what an explanation still tells of
_MOST_NEAR = 5
_TOO_CLOSE = f"another intent is as near, or nearer: the first must lead by {MARGIN:.0f} points"
MAX_CHARS = 300  # nobody says a whole page nearly the same way twice


class LikeBook:
    """Spoken phrases and the intents they belong to. Read-only once built."""

    def __init__(self, phrases: Mapping[str, frozenset[str]]) -> None:
        self._intents = list(phrases.values())
        self._phrases = list(phrases)
        self._sorted = [_sorted_words(phrase) for phrase in self._phrases]
        self._pairs = SharingIndex([_pairs(text) for text in self._sorted])
        self._words = SharingIndex([phrase.split() for phrase in self._phrases])

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

    def considered(self, said: str) -> list[tuple[str, str, float, str]]:
        """(intent, phrase, likeness of 100, why not it) of what came near, the nearest first.

        For explaining alone: it looks lower than `find` does.
        """
        if not self._phrases or not MIN_CHARS <= len(said) <= MAX_CHARS:
            return []
        scores = self._scores(said)
        words = _sorted_words(said)
        for _, score, place in process.extract(
            words, self._sorted, scorer=fuzz.ratio, processor=None,
            score_cutoff=_NEAR, limit=_MOST_NEAR,
        ):  # fmt: skip
            scores.setdefault(place, score)
        best: dict[str, tuple[float, str, str]] = {}
        for place, score in scores.items():
            short = min(len(words), len(self._sorted[place])) < SHORT_CHARS
            floor = FLOOR_SHORT if short else FLOOR
            why = f"below the floor of {floor:.0f} %" if score < floor else _TOO_CLOSE
            for intent in self._intents[place]:
                if score > best.get(intent, (0.0, "", ""))[0]:
                    best[intent] = (score, self._phrases[place], why)
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:_MOST_NEAR]
        return [(intent, phrase, score, why) for intent, (score, phrase, why) in ranked]

    def _scores(self, said: str) -> dict[int, float]:
        scores: dict[int, float] = {}
        words = _sorted_words(said)
        near = self._pairs.places(pairs := _pairs(words), _shared_pairs(words, pairs))
        for place, score in _alike(fuzz.ratio, words, self._sorted, near):
            shorter = min(len(words), len(self._sorted[place]))
            if score >= (FLOOR if shorter >= SHORT_CHARS else FLOOR_SHORT):
                scores[place] = score
        if said.count(" ") < 2:
            return scores
        near = self._words.places(set(said.split()), SHARED_WORDS)
        for place, score in _alike(fuzz.token_set_ratio, said, self._phrases, near):
            if _comparable(said, self._phrases[place]):
                # Words in common say less than the whole being alike.
                scores[place] = max(scores.get(place, 0.0), score - 5.0, FLOOR)
        return scores


def _alike(
    scorer: Callable[..., float], text: str, phrases: list[str], places: Iterable[int]
) -> Iterable[tuple[int, float]]:
    """(place, likeness of 100) of those among `places` that reach the floor."""
    chosen = list(places)
    found = process.extract(
        text,
        [phrases[place] for place in chosen],
        scorer=scorer,
        processor=None,
        score_cutoff=FLOOR,
        limit=None,
    )
    return ((chosen[index], score) for _, score, index in found)


def _pairs(text: str) -> set[str]:
    return {a + b for a, b in pairwise(text)}


def _shared_pairs(text: str, pairs: set[str]) -> int:
    """How many different pairs of letters whatever reaches the floor shares with `text`, at least.

    Likeness r of lengths m and n means at most (1-r)(m+n) letters taken out or put in. One taken
    out ends two pairs, one put in ends one; so (m+n)/2 - 1 - 3(1-r)(m+n)/2 pairs are left, and n
    is not below rm/(2-r). Pairs that `text` holds twice are counted once.
    """
    r, length = FLOOR / 100, len(text)
    both = length * (1 + r / (2 - r))
    left = both / 2 - 1 - 1.5 * (1 - r) * both
    return ceil(left - 1e-6) - (length - 1 - len(pairs))


def _comparable(said: str, phrase: str) -> bool:
    return min(said.count(" "), phrase.count(" ")) >= 2 and min(
        len(said), len(phrase)
    ) >= 0.6 * max(len(said), len(phrase))


def _sorted_words(said: str) -> str:
    return " ".join(sorted(said.split()))
