import time
from types import SimpleNamespace

import pytest

from rules import regexes
from rules.regexes import RegexSet


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "(?=x)",
        r"(a)\1",
        "a{2000}",
        "(a{1,100}){1,100}",
        "[",
        "*",
        "x*",
        ".*",
        "",
        "a|",
        "^",
        "\\",
    ],
)
def test_what_is_refused(pattern: str) -> None:
    assert regexes.fault(pattern)


@pytest.mark.parametrize(
    "pattern", ["((a*)*)*b", "[一-龥]+", "(" * 200 + "a" + ")" * 200, r"\bx\b"]
)
def test_what_would_break_other_engines_is_fine_here(pattern: str) -> None:
    assert regexes.fault(pattern) is None
    began = time.perf_counter()
    list(RegexSet([pattern]).find("a" * 4000))
    assert time.perf_counter() - began < 0.5


PATTERNS = [rf"[a-z]*{place}[^x]{{30}}b.{{20}}z" for place in range(40)]
TEXT = "abcb0123456789" * 200 + "7" + "b" * 51 + "z"


def test_a_set_too_large_for_its_memory_is_halved_until_it_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = list(RegexSet(PATTERNS).find(TEXT))
    monkeypatch.setattr(regexes, "_SET_BYTES", 100_000)

    assert list(RegexSet(PATTERNS).find(TEXT)) == whole
    assert 7 in dict(whole)


def test_a_set_that_gives_up_is_noticed_and_its_patterns_are_asked_alone() -> None:
    # Out of memory, RE2 answers as if nothing matched.
    gives_up = SimpleNamespace(Match=lambda _text: None)
    whole = list(RegexSet(PATTERNS).find(TEXT))
    patterns = RegexSet(PATTERNS)
    patterns._sets = [(0, len(PATTERNS), gives_up)]

    assert list(patterns.find(TEXT)) == whole


def test_what_matched_is_told_in_any_script() -> None:
    found = RegexSet([r"कीमत \d+", r"\d+ रुपये"]).find("👍 यह कीमत 500 रुपये")

    assert list(found) == [(0, "कीमत 500"), (1, "500 रुपये")]
