import time

import pytest

from rules.intents import IntentMatch, Matcher
from rules.model import Intent


def names(found: tuple[IntentMatch, ...]) -> list[tuple[str, str]]:
    return [(match.name, match.how) for match in found]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(
        {
            "price": Intent(
                exact=("price", "👍", "1"),
                words=("cost", "rate", "कीमत", "ราคา", "价格"),
                phrases=("how much", "t-shirt price"),
                regex=(r"₹ ?\d+", r"\bORD-\d+\b", "ज़रूर"),
                like=("what is the price of this", "price"),
                buttons=("PRICE",),
            ),
            "delivery": Intent(words=("delivery",), like=("when will it be delivered to me",)),
            "delivery_price": Intent(like=("what is the price of delivery",)),
        }
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Price?!", [("price", "exact")]),
        ("price 🙏", [("price", "exact")]),
        ("👍🏽", [("price", "exact")]),
        ("1", [("price", "exact")]),
        ("11", []),
        ("what does it COST", [("price", "word")]),
        ("HOW  much", [("price", "phrase")]),
        ("T-Shirt: price", [("price", "phrase")]),
        ("how very much", []),
        ("इसकी कीमत क्या है?", [("price", "word")]),
        ("कीमती", []),
        ("ขอราคาหน่อย", [("price", "word")]),
        ("这个价格多少", [("price", "word")]),
        ("is it ₹ 500", [("price", "regex")]),
        ("my ord-12 please", [("price", "regex")]),
        ("हाँ ज़रूर", [("price", "regex")]),  # composed or not, it is one word
        ("surprise me", []),
        ("rice", []),
        ("celebrate", []),
        ("wat is the pric of this", [("price", "like")]),
        ("please what is the price of this pan", [("price", "like")]),
        ("", []),
        ("?!", []),
        ("\x00\ud800", []),
    ],
)
def test_how_an_intent_is_found(matcher: Matcher, text: str, found: list[tuple[str, str]]) -> None:
    assert names(matcher.find(text)) == found


def test_several_intents_may_hold_the_surest_first(matcher: Matcher) -> None:
    found = matcher.find("how much does delivery cost")

    assert names(found) == [("price", "phrase"), ("delivery", "word")]
    assert found[0].found == "how much"
    assert found[0].confidence > found[1].confidence


def test_when_two_intents_are_as_like_nobody_knows() -> None:
    matcher = Matcher(
        {
            "buy": Intent(like=("i would like to buy a pan",)),
            "sell": Intent(like=("i would like to buy a pot",)),
        }
    )

    assert matcher.find("i would like to buy a p") == ()
    assert names(matcher.find("i would like to buy a pot")) == [("sell", "like")]


def test_a_button_is_found_by_its_payload_and_speaks_with_its_title(matcher: Matcher) -> None:
    assert names(matcher.find(None, "price")) == [("price", "button")]
    assert names(matcher.find(None, "OTHER", "How much?")) == [("price", "phrase")]
    assert matcher.find(None, "x" * 300_000) == ()


@pytest.mark.parametrize("filler", ["x", "price ", "कीमत", "₹1 ", "\U0001f64f", "a b "])
def test_a_huge_message_is_searched_quickly_and_only_at_its_beginning(
    matcher: Matcher, filler: str
) -> None:
    began = time.perf_counter()
    matcher.find(filler * 70_000)

    assert time.perf_counter() - began < 0.5
    assert matcher.find("x " * 5000 + "cost") == ()


def test_patterns_that_need_too_much_memory_together_are_still_found() -> None:
    patterns = [rf"(foo|bar){place}.{{1,40}}\bbaz\w*{place}" for place in range(600)]
    matcher = Matcher(
        {
            "odd": Intent(regex=tuple(patterns[:200])),
            "even": Intent(regex=tuple(patterns[200:400])),
            "late": Intent(regex=tuple(patterns[400:])),
        }
    )

    assert ("late", "regex") in names(matcher.find("so foo450 and bazaar450"))
    assert names(matcher.find("bar7 then baz7")) == [("odd", "regex")]


def test_no_intents_find_nothing() -> None:
    assert Matcher({}).find("price", "PRICE") == ()
