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
        ("बंद", "en"), ("बंद", None), ("стоп", "hi"), ("توقف", "en_IN"), ("退订", "hi"),
    ],
)  # fmt: skip
def test_a_word_that_stops(said: str, language: str | None) -> None:
    assert wish_of(said, language) == (Wish.STOP, Scope.ALL)


@pytest.mark.parametrize(
    ("said", "language"), [("START", None), ("unstop", None), ("शुरू", "hi"), ("शुरू", "en")]
)
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
        ("red", "en"),
        ("", None),
        ("🛑", None),
    ],
)
def test_a_word_inside_a_sentence_or_of_another_language_is_none(
    said: str, language: str | None
) -> None:
    assert wish_of(said, language) is None


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Cancel", "en"), ("END", "en"), ("Quit", "en"), ("Start", "en"), ("Resume", "en"),
        ("Cancelar", "es"), ("Cancelar", "pt_BR"), ("Sair", "pt"), ("Annulla", "it"),
        ("İptal", "tr"), ("Отмена", "ru"), ("إلغاء", "ar"), ("Batal", "id"), ("Hủy", "vi"),
        ("ยกเลิก", "th"), ("取消", "zh"), ("शुरू करें", "hi"), ("Iniciar", "es"), ("开始", "zh"),
        ("Commencer", "fr"), ("Начать", "ru"),
    ],
)  # fmt: skip
def test_a_shops_own_button_is_no_wish_in_any_language(title: str, language: str) -> None:
    assert wish_of(title, language, button=True) is None
    assert wish_of(title, language) is not None, "as a message it is"


@pytest.mark.parametrize(
    ("said", "language"),
    [("İPTAL", "tr"), ("IPTAL", "tr"), ("ΣΤΑΜΑΤΑ", "el"), ("ΔΙΑΚΟΠΗ", "el"), ("ODHLASIT", "cs")],
)
def test_capitals_are_the_same_word_as_small_letters(said: str, language: str) -> None:
    assert wish_of(said, language) == (Wish.STOP, Scope.ALL)


@pytest.mark.parametrize(
    "said", ["STOP\u200b", "\u200fSTOP", "*STOP*", "_stop_", "“Stop”", "stop\n\n", "Stop🙏🏽"]
)
def test_signs_around_a_word_do_not_hide_it(said: str) -> None:
    assert wish_of(said, None) == (Wish.STOP, Scope.ALL)


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


@pytest.mark.parametrize(
    ("said", "language", "answered_in"),
    [
        ("STOP", "hi", "en"),
        ("unsubscribe", "fr", "en"),
        ("बंद", "en", "hi"),
        ("band karo", "hi", "hi"),
        ("Stop", "id", "id"),  # an Indonesian word too
        ("توقف", "en", "ar"),
        ("baja", "es_MX", "es"),
        ("停止", "en", "en"),  # no Chinese text of ours
        ("", "hi", "hi"),
    ],
)
def test_the_language_of_the_word_goes_before_the_one_we_guessed(
    said: str, language: str, answered_in: str
) -> None:
    assert confirmation(Wish.STOP, language, said) == confirmation(Wish.STOP, answered_in)


@pytest.mark.parametrize("language", ["en", "hi", "es", "pt", "fr", "de", "ar", "id"])
def test_whoever_stops_promotions_is_not_told_that_everything_stops(language: str) -> None:
    offers = confirmation(Wish.STOP, language, scope=Scope.MARKETING)

    assert offers != confirmation(Wish.STOP, language)
    assert "START" in offers


def test_what_nobody_sees_hides_no_wish() -> None:
    assert wish_of("S\u200bT\u00adO\u2060P", None) == (Wish.STOP, Scope.ALL)
