import json

import pytest

from rules.event import ContactFacts
from rules.explain import document
from rules.terminal import render
from tests.rules.conftest import OpenBook
from tests.rules.people import ASHA, CHEN, INTENTS, NOW, happened, message, one_rule

FILES = {
    "shop.yaml": INTENTS
    + """
rules:
  - rule: vips
    priority: 10
    stop: true
    when:
      intent: price
      contact.segments: {has: vip}
      any: [{contact.attributes.orders: {gte: 5}}, {contact.attributes.city: Pune}]
      not: {contact.language: hi}
    then: [start_campaign: vip_list]
  - rule: everybody
    when: {intent: price}
    then: [{set_attributes: {asked: price}}, reply: "Our list follows"]
"""
}


def test_every_condition_says_what_it_saw(open_book: OpenBook) -> None:
    explained = open_book(FILES).explain(message("Price?!"), ASHA, NOW)

    assert explained.said == "price"
    assert explained.engines_agree
    vips, everybody = explained.rules
    assert (vips.rule, vips.file, vips.line) == ("vips", "shop.yaml", 7)
    assert vips.held
    assert vips.fires
    assert everybody.held
    assert not everybody.fires
    seen = {part.label: part for part in vips.condition.parts}
    assert seen["event"].expected == "message"
    assert seen["contact.segments"].seen == ["pune", "vip"]
    assert [(part.label, part.held, part.seen) for part in seen["any"].parts] == [
        ("contact.attributes.orders", False, 3),
        ("contact.attributes.city", True, "Pune"),
    ]
    assert seen["not"].held
    assert not seen["not"].parts[0].held


def test_a_rule_that_lost_says_where(open_book: OpenBook) -> None:
    vips, everybody = open_book(FILES).explain(message("price"), CHEN, NOW).rules

    assert not vips.held
    assert [part.label for part in vips.condition.parts if not part.held] == [
        "contact.segments",
        "any",
    ]
    assert everybody.fires


def test_an_explanation_for_people(open_book: OpenBook) -> None:
    book = open_book(FILES)

    assert (
        render(book.explain(message("Price?!"), ASHA, NOW))
        == f"""\
event    message
heard    price
intent   price, by word 'price', 90% sure
rules    version 1, {book.engine_name} engine

vips (priority 10, shop.yaml:7): FIRES
  ✓ event = 'message', saw 'message'
  ✓ intent = 'price', saw ['price']
  ✓ contact.segments has 'vip', saw ['pune', 'vip']
  ✓ any:
    ✗ contact.attributes.orders ≥ 5, saw 3
    ✓ contact.attributes.city = 'Pune', saw 'Pune'
  ✓ not:
    ✗ contact.language = 'hi', saw 'en'
  → start_campaign: {{'campaign': 'vip_list'}}
  → the round stops here

everybody (priority 0, shop.yaml:16): holds, but the round was stopped before
  ✓ event = 'message', saw 'message'
  ✓ intent = 'price', saw ['price']"""
    )


def test_nothing_holding_is_said_plainly(open_book: OpenBook) -> None:
    rendered = render(open_book(FILES).explain(happened("read"), ASHA, NOW))

    assert "intent   none" in rendered
    assert rendered.endswith("No rule fires.")


@pytest.mark.parametrize(
    "value",
    ["\ud800", "x" * 70_000, 10**5000, {1: object()}, [[[[1]]]], {"a"}, b"x", NOW, float("nan")],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_whatever_was_seen_can_be_written_down(open_book: OpenBook, value: object) -> None:
    book = open_book(one_rule("{event: message, contact.attributes.a: {ne: x}}"))
    explained = book.explain(message("\ud800 hi"), ContactFacts(attributes={"a": value}), NOW)

    assert len(render(explained).encode()) < 3000
    assert len(json.dumps(document(explained), ensure_ascii=False).encode()) < 3000
    assert document(explained)["rules"][0]["then"] == [{"reply": {"text": "ok"}}]


def test_an_intent_that_was_nearly_found_says_why_not(open_book: OpenBook) -> None:
    files = {
        "a.yaml": "intents:\n"
        "  where: {like: [when will my parcel come]}\n"
        "  when: {like: [when will my parcel go]}\n"
        "  price: {words: [parcel price]}\n"
        "rules: []\n"
    }
    book = open_book(files)

    def near(text: str) -> dict[str, str]:
        explained = book.explain(message(text), CHEN, NOW)
        assert "near " in render(explained)
        return {one.name: one.why for one in explained.passed_over}

    assert set(near("when will my parcel c")) == {"where", "when"}
    assert "below the floor of 85 %" in near("when will parcels be here")["where"]
    assert "only where nothing else" in near("parcel price when will my parcel come")["where"]
