"""Looks for many regular expressions in one pass over a message, in linear time (RE2).

RE2 refuses what needs backtracking. A set that grows too large for its memory while it matches
answers with nothing at all; the first pattern of each of our sets is the empty one, which always
matches, so such an answer is noticed and each pattern is asked alone.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import re2

_re2: Any = re2  # it ships no types

_PATTERN_BYTES = 4 << 20
_SET_BYTES = 32 << 20


def fault(pattern: str) -> str | None:
    """Why `pattern` cannot be used, as a sentence; None where it can."""
    try:
        compiled = _compiled(pattern)
    except re2.error as error:
        detail = error.args[0] if error.args else "unknown"
        text = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        return f"RE2 refuses {_short(pattern)}: {text}"
    if compiled.search(""):
        return f"{_short(pattern)} matches every message, even an empty one"
    return None


class RegexSet:
    """Patterns that passed `fault`, upper and lower case alike. Read-only once built."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [_compiled(pattern) for pattern in patterns]
        self._sets = list(_sets(patterns, 0)) if patterns else []

    def find(self, typed: str) -> Iterator[tuple[int, str]]:
        """(place of the pattern, what it matched) for each that matches somewhere in `typed`."""
        for first, count, found_by in self._sets:
            places = found_by.Match(typed) or ()
            # Place 0 is the empty pattern: without it the set ran out of memory.
            asked = (first + p - 1 for p in sorted(places) if p) if 0 in places else None
            for place in range(first, first + count) if asked is None else asked:
                if match := self._patterns[place].search(typed):
                    yield place, match.group()


def _sets(patterns: Sequence[str], first: int) -> Iterator[tuple[int, int, Any]]:
    """(place of the first, how many, set) over `patterns`, halved until each fits its memory."""
    built = _re2.Set.SearchSet(_options(_SET_BYTES))
    built.Add("")
    try:
        for pattern in patterns:
            built.Add(_composed(pattern))
        built.Compile()
    except re2.error:
        if len(patterns) == 1:
            raise
        half = len(patterns) // 2
        yield from _sets(patterns[:half], first)
        yield from _sets(patterns[half:], first + half)
    else:
        yield first, len(patterns), built


def _compiled(pattern: str) -> Any:
    return _re2.compile(_composed(pattern), _options(_PATTERN_BYTES))


def _composed(pattern: str) -> str:
    """Messages are composed by NFKC; a pattern is too, yet full-width signs in it stay."""
    return unicodedata.normalize("NFC", pattern)


def _options(max_bytes: int) -> Any:
    options = _re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = max_bytes
    return options


def _short(pattern: str) -> str:
    return repr(pattern if len(pattern) <= 60 else pattern[:59] + "…")
