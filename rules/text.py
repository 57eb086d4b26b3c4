"""One normal form for what people type, and where its words begin and end. Pure.

Two forms are used. `fold` is for values: width, case and white space do not matter. `spoken` is for
messages: punctuation is a space as well, while emoji and currency signs stay, since they are said.
"""

import unicodedata
from functools import lru_cache

MAX_CHARS = 4096  # WhatsApp's own limit of a text message

# Written without spaces between words, or, for Hangul, with particles grown on: a word is found
# wherever its letters stand. Han, kana, Hangul, Thai, Lao, Burmese, Khmer.
_RUNNING_SCRIPTS = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1100, 0x11FF),
    (0x1780, 0x17FF),
    (0x19E0, 0x19FF),
    (0x2E80, 0xA4CF),
    (0xA960, 0xA97F),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)


def fold(text: str, limit: int = MAX_CHARS) -> str:
    """`text` with width, case and white space evened out, cut at `limit`; safe to hand to C code.

    Halves of surrogate pairs and joiners are dropped: nothing invisible tells texts apart.

    >>> fold("  PUNE\\tCity ")
    'pune city'
    """
    return _even(unicodedata.normalize("NFKC", text[:limit]).casefold(), limit)


def typed(text: str, limit: int = MAX_CHARS) -> str:
    """As `fold`, with the case as it was typed: what regular expressions look at."""
    return _even(unicodedata.normalize("NFKC", text[:limit]), limit)


def _even(even: str, limit: int) -> str:
    even = even[:limit]  # again: one character may become eighteen (U+FDFA) under NFKC
    if not (even.isascii() and even.isprintable()):
        # Folding the case may undo the composed form (of dotted capital I, for one): compose again.
        even = unicodedata.normalize("NFKC", "".join(map(_visible, even)))
    return " ".join(even.split())[:limit].rstrip()


@lru_cache(maxsize=8192)
def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cf", "Cs", "Co") or char in "\ufe0e\ufe0f":
        return ""
    if category[0] == "Z" or category == "Cc":
        return " "
    return "" if 0x1F3FB <= ord(char) <= 0x1F3FF else char  # an emoji in any skin is one word


@lru_cache(maxsize=8192)
def _said(char: str) -> str:
    category = unicodedata.category(char)
    # Cn: an emoji newer than this Python.
    return char if category[0] in "LMN" or category in ("Sc", "So", "Cn") else " "


def spoken(text: str) -> str:
    """What a message says: folded, punctuation taken for spaces, emoji and currency kept.

    >>> spoken("How much?!"), spoken("T-Shirt…  ₹500 👍🏽")
    ('how much', 't shirt ₹500 👍')
    """
    return _spoken_short(text) if len(text) <= _SHORT else _spoken(text)


def _spoken(text: str) -> str:
    return " ".join("".join(map(_said, fold(text))).split())


# People say the same few things; only short ones are remembered, so the memory has a bound.
_SHORT = 128
_spoken_short = lru_cache(maxsize=4096)(_spoken)


def without_symbols(said: str) -> str:
    """A spoken text without its emoji and currency: `price 🙏` asks for the price too."""
    if said.isascii():
        return said
    return " ".join("".join(c if _letter(c) or c == " " else " " for c in said).split())


@lru_cache(maxsize=8192)
def _letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


@lru_cache(maxsize=8192)
def _running(char: str) -> bool:
    code = ord(char)
    return any(first <= code <= last for first, last in _RUNNING_SCRIPTS)


def _joined(before: str, after: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    if unicodedata.category(after)[0] == "M":
        return True  # a vowel sign or tone mark changes the letter it stands on, in every script
    return _letter(before) and _letter(after) and not (_running(before) or _running(after))


def stands_alone(said: str, start: int, end: int) -> bool:
    """Whether said[start:end] is made of whole words.

    >>> stands_alone("surprise me", 3, 8), stands_alone("价格多少", 0, 2)
    (False, True)
    """
    if start and _joined(said[start - 1], said[start]):
        return False
    return not (end < len(said) and _joined(said[end - 1], said[end]))
