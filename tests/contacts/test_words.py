"""The words that stop and start, and what is no such word."""

import pytest

from contacts.words import Wish, confirmation, wish_of
from store.documents.suppression import Scope


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("STOP", None), ("stop.", None), ("  Stop!! 🙏", None), ("StopAll", None),
        ("UNSUBSCRIBE", None),
        ("cancel", None), ("END", None), ("quit", None), ("opt-out", None), ("ＳＴＯＰ", None),
        ("बंद करो", "hi"), ("रोको", "hi"), ("baja", "es"), ("BAJA", "es_MX"), ("arrêt", "fr"),
        ("Abmelden", "de"), ("стоп", "ru"), ("توقف", "ar"), ("退订", "zh_CN"), ("停止", "ja"),
        ("หยุด", "th"),
        ("stop", "hi"), ("berhenti", "id"),
    ],
)  # fmt: skip
def test_a_word_that_stops(said: str, language: str | None) -> None:
    assert wish_of(said, language) == (Wish.STOP, Scope.ALL)


@pytest.mark.parametrize(("said", "language"), [("START", None), ("unstop", None), ("शुरू", "hi")])
def test_a_word_that_starts(said: str, language: str | None) -> None:
    assert wish_of(said, language) == (Wish.START, Scope.ALL)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("please don't stop", None),
        ("stop the noise", None),
        ("where does it end?", None),
        ("non-stop", None),
        ("baja", "hi"),
        ("", None),
        ("🛑", None),
    ],
)
def test_a_word_inside_a_sentence_or_of_another_language_is_none(
    said: str, language: str | None
) -> None:
    assert wish_of(said, language) is None


@pytest.mark.parametrize("title", ["Cancel", "END", "Quit", "Start", "Resume"])
def test_a_shops_own_button_is_no_wish(title: str) -> None:
    assert wish_of(title, "en", button=True) is None


@pytest.mark.parametrize("title", ["Stop", "Unsubscribe", "Opt out", "STOP_ALL"])
def test_a_button_that_says_so_is(title: str) -> None:
    assert wish_of(title, "en", button=True) == (Wish.STOP, Scope.ALL)


@pytest.mark.parametrize("said", ["Stop promotions", "STOP_PROMO", "stop promotion"])
def test_metas_own_button_stops_marketing_alone(said: str) -> None:
    assert wish_of(said, None, button=True) == (Wish.STOP, Scope.MARKETING)


def test_the_confirmation_is_in_the_persons_language() -> None:
    assert "START" in confirmation(Wish.STOP, "hi_IN")
    assert confirmation(Wish.STOP, "hi") != confirmation(Wish.STOP, "en")
    assert confirmation(Wish.START, "tlh") == confirmation(Wish.START, None)
