"""The words that stop and start messages, in many languages (words.yaml). Pure.

A whole message or a button, never a word inside a sentence: "please don't stop" is no opt-out.
English always counts; another language's words count for people who have that language.
Sources: the carriers' STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT and START, UNSTOP; Meta's own
"Stop promotions" button for marketing templates.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from store.documents.suppression import Scope


class Wish(StrEnum):
    """What a person asks for."""

    STOP = "stop"
    START = "start"


def fold(text: str) -> str:
    """What is compared: one case, one form of each letter, no punctuation at the ends.

    >>> fold("  STOP!! ")
    'stop'
    """
    folded = unicodedata.normalize("NFKC", text[:200]).casefold().replace("_", " ")
    folded = folded.replace("i\u0307", "i")  # what becomes of a Turkish capital İ
    seen = (char for char in folded if unicodedata.category(char) != "Cf")  # invisible ones
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in seen)
    return " ".join("".join(kept).split())


@dataclass(frozen=True, slots=True)
class _Words:
    wishes: dict[Wish, dict[str, frozenset[str]]]
    promotions: frozenset[str]
    not_on_buttons: frozenset[str]
    confirmed: dict[Wish, dict[str, str]]


@cache
def _words() -> _Words:
    listed = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
    return _Words(
        wishes={
            wish: {
                language: frozenset(fold(word) for word in words)
                for language, words in listed[wish].items()
            }
            for wish in Wish
        },
        promotions=frozenset(fold(word) for word in listed["stop_promotions"]),
        not_on_buttons=frozenset(fold(word) for word in listed["not_on_buttons"]),
        confirmed={wish: listed["confirmed"][wish] for wish in Wish},
    )


def wish_of(text: str, language: str | None, *, button: bool = False) -> tuple[Wish, Scope] | None:
    """The wish that a whole message (or a button's title or payload) expresses, if it is one.

    language: the person's, where we know or guess it.

    >>> wish_of("Stop.", None)
    (<Wish.STOP: 'stop'>, <Scope.ALL: 'all'>)
    """
    folded = fold(text)
    if not folded or (button and folded in _words().not_on_buttons):
        return None
    if folded in _words().promotions:
        return Wish.STOP, Scope.MARKETING
    spoken = ("en", _base(language))
    for wish, table in _words().wishes.items():
        if any(folded in table.get(one, ()) for one in spoken):
            return wish, Scope.ALL
    return None


def confirmation(wish: Wish, language: str | None) -> str:
    """The one answer to a wish, in the person's language or in English."""
    texts = _words().confirmed[wish]
    return texts.get(_base(language), texts["en"])


def _base(language: str | None) -> str:
    return re.split(r"[-_]", language or "en")[0].lower()
