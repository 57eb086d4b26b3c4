import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.text import MAX_CHARS, fold, spoken, stands_alone, typed, without_symbols


@pytest.mark.parametrize(
    ("typed_text", "heard"),
    [
        ("Price?!", "price"),
        ("  HOW\tmuch\n is it…", "how much is it"),
        ("ＰＲＩＣＥ", "price"),
        ("t-shirt", "t shirt"),
        ("what’s up", "what s up"),
        ("₹500", "₹500"),
        ("👍🏽", "👍"),
        ("❤️", "❤"),
        ("STRASSE straße", "strasse strasse"),
        ("pri\u200bce", "price"),
        ("a\x00b", "a b"),
        ("\ud800price", "price"),
        ("कीमत", "कीमत"),
        ("?!…", ""),
    ],
)
def test_what_is_heard(typed_text: str, heard: str) -> None:
    assert spoken(typed_text) == heard


def test_regular_expressions_see_the_case_and_punctuation_as_typed() -> None:
    assert typed(" Rs.  500/-\n") == "Rs. 500/-"


def test_emoji_and_currency_can_be_left_out() -> None:
    assert without_symbols("price 🙏 कीमत") == "price कीमत"


@given(st.text(alphabet=st.characters(), max_size=300))
def test_every_text_can_be_handed_on_and_has_a_bound(text: str) -> None:
    for made in (fold(text), spoken(text), typed(text)):
        made.encode()
        assert len(made) <= MAX_CHARS
        assert made == " ".join(made.split())
        assert "\x00" not in made


@given(st.text(max_size=200))
def test_hearing_twice_changes_nothing_in_plain_scripts(text: str) -> None:
    plain = "".join(c for c in text if c.isascii())
    assert spoken(spoken(plain)) == spoken(plain)


@pytest.mark.parametrize("text", ["\ufdfa" * 5000, "x" * 70_000, "𝕳" * 9000, "\u0345" * 9000])
def test_a_text_that_grows_when_normalised_stays_bounded(text: str) -> None:
    assert len(spoken(text)) <= MAX_CHARS


@pytest.mark.parametrize(
    ("said", "word", "whole"),
    [
        ("surprise me", "price", False),
        ("celebrate", "rate", False),
        ("the rate is", "rate", True),
        ("rate👍", "rate", True),
        ("1000", "100", False),
        ("₹100", "100", True),
        ("कीमती", "कीमत", False),  # a vowel sign makes it another word
        ("यह कीमत क्या", "कीमत", True),
        ("ขอราคาหน่อย", "ราคา", True),
        ("这个价格多少", "价格", True),
        ("値段はいくら", "値段", True),
        ("ລາຄາເທົ່າໃດ", "ລາຄາ", True),
        ("តើតម្លៃប៉ុន្មាន", "តម្លៃ", True),
        ("ဈေးနှုန်းဘယ်လောက်", "ဈေးနှုန်း", True),
        ("가격이 얼마예요", "가격", True),
        ("iphone价格", "价格", True),
    ],
)
def test_where_words_begin_and_end(said: str, word: str, whole: bool) -> None:
    start = said.find(word)
    assert (start >= 0 and stands_alone(said, start, start + len(word))) is whole
