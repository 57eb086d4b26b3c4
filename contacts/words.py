"""The words that stop and start messages, in many languages (words.yaml). Pure.

A whole message or a button, never a word inside a sentence: "please don't stop" is no opt-out.
English always counts, and so does a word in another script than the Latin one: nobody writes those
by chance. Other words count for people who have their language (`red` stops for Turks alone).
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
    confirmed: dict[str, dict[str, str]]  # stop | stop_promotions | start -> {language: text}

    def languages(self, folded: str, wish: Wish) -> list[str]:
        """The languages in which `folded` says so, in the order of the file."""
        return [name for name, words in self.wishes[wish].items() if folded in words]


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
        confirmed=listed["confirmed"],
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
    for wish in Wish:
        found = _words().languages(folded, wish)
        if found and ("en" in found or _base(language) in found or not _latin(folded)):
            return wish, Scope.ALL
    return None


def confirmation(wish: Wish, language: str | None, said: str = "", scope: Scope = Scope.ALL) -> str:
    """The one answer to a wish, in the language of what was said, else the person's, else English.

    said: the words that were written or tapped. A word of several languages is in the person's
    own where that is among them; so a guess from their number does not overrule what they wrote.

    >>> confirmation(Wish.STOP, "hi", "STOP") == confirmation(Wish.STOP, "en")
    True
    """
    promotions = wish is Wish.STOP and scope is Scope.MARKETING
    texts = _words().confirmed["stop_promotions" if promotions else wish]
    own = _base(language)
    written_in = _words().languages(fold(said), wish)
    if written_in and own not in written_in:
        own = "en" if "en" in written_in else written_in[0]
    return texts.get(own, texts["en"])


def _latin(folded: str) -> bool:
    return any(unicodedata.name(char, "").startswith("LATIN") for char in folded)


def _base(language: str | None) -> str:
    return re.split(r"[-_]", language or "en")[0].lower()
