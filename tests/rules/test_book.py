"""What rules decide, with either engine."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from rules.acts import SendReply, SetAttributes, StartCampaign
from rules.book import RuleBook
from rules.event import ContactFacts, Event
from rules.problems import RuleFilesError
from tests.rules.conftest import OpenBook
from tests.rules.people import (
    ASHA,
    BILAL,
    CHEN,
    INTENTS,
    NOW,
    fired,
    happened,
    message,
    one_rule,
)  # fmt: skip

ROUND = (
    INTENTS
    + """
rules:
  - {rule: low, priority: -5, when: {intent: price}, then: [reply: low]}
  - rule: first
    when: {intent: price}
    then: [{set_attributes: {asked: price}}, start_campaign: list]
  - {rule: second, when: {event: message}, then: [reply: second]}
  - {rule: stopper, priority: 5, stop: true, when: {text: {has: stop here}}, then: [reply: stopped]}
  - {rule: high, priority: 10, when: {intent: greeting}, then: [reply: high]}
"""
)


def test_all_rules_that_hold_act_by_priority_then_in_the_order_written(open_book: OpenBook) -> None:
    book = open_book({"f.yaml": ROUND})

    assert fired(book, message("price?")) == ["first", "second", "low"]
    assert fired(book, message("hi")) == ["high", "second"]


def test_files_are_asked_in_the_order_of_their_names(open_book: OpenBook) -> None:
    rule = "rules: [{{rule: {0}, when: {{event: message}}, then: [reply: {0}]}}]"
    book = open_book({"b.yaml": rule.format("b"), "a.yaml": rule.format("a")})

    assert fired(book, message("x")) == ["a", "b"]


def test_a_stop_ends_the_round_for_those_after_it(open_book: OpenBook) -> None:
    book = open_book({"f.yaml": ROUND})

    assert fired(book, message("price, stop here")) == ["stopper"]


def test_a_decision_carries_the_actions_and_what_was_heard(open_book: OpenBook) -> None:
    book = open_book({"f.yaml": ROUND})

    decision = book.decide(message("price"), ASHA, NOW)

    assert decision.rule_version == 1
    assert decision.engine == book.engine_name
    assert [match.name for match in decision.intents] == ["price"]
    first = decision.hits[0]
    assert isinstance(first.actions[0], SetAttributes)
    assert isinstance(first.actions[1], StartCampaign)
    assert first.actions[1].campaign == "list"
    assert isinstance(decision.hits[1].actions[0], SendReply)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        # a value means equals, and kinds never mix
        ("contact.attributes.city: pune", True),
        ("contact.attributes.city: 'PUNE '", True),
        ("contact.attributes.city: Pun", False),
        ("contact.attributes.orders: 3", True),
        ("contact.attributes.orders: 3.0", True),
        ("contact.attributes.orders: '3'", False),
        ("contact.attributes.vip: true", True),
        ("contact.attributes.vip: 1", False),
        ("contact.attributes.vip: 'true'", False),
        ("contact.attributes.vip: {ne: 1}", True),
        # what is missing
        ("contact.attributes.nothing: x", False),
        ("contact.attributes.nothing: {ne: x}", True),
        ("contact.attributes.nothing: {not_in: [x, y]}", True),
        ("contact.attributes.nothing: {gt: 0}", False),
        ("contact.attributes.nothing: {lt: 0}", False),
        ("contact.attributes.nothing: {exists: false}", True),
        ("contact.attributes.plan: {exists: false}", True),
        ("contact.attributes.city: {exists: true}", True),
        ("not: {contact.attributes.nothing: {gt: 0}}", True),
        # sets of values
        ("contact.attributes.city: {in: [Mumbai, Pune]}", True),
        ("contact.attributes.city: {not_in: [Mumbai, Pune]}", False),
        ("contact.segments: {has: vip}", True),
        ("contact.segments: {lacks: vip}", False),
        ("contact.segments: {has: VIP, lacks: staff}", True),
        ("contact.segments: {exists: true}", True),
        ("contact.attributes.likes: {has: kadai}", True),
        ("contact.attributes.likes: {lacks: kadai}", False),
        ("contact.attributes.likes: tawa", False),
        ("contact.attributes.city: {has: Pune}", False),
        # order
        ("contact.attributes.orders: {gt: 2, lte: 3}", True),
        ("contact.attributes.orders: {gt: 3}", False),
        ("contact.attributes.orders: {gte: 3.00001}", False),
        ("contact.attributes.orders: {lt: 3.00001}", True),
        ("contact.attributes.city: {gt: 0}", False),
        ("contact.attributes.vip: {gte: 1}", False),
        # around them
        ("any: [{contact.language: hi}, {contact.language: en}]", True),
        ("all: [{contact.language: hi}, {contact.language: en}]", False),
        ("not: {any: [{contact.language: hi}, {contact.country: US}]}", True),
        ("not: {all: [{contact.language: en}, {contact.country: US}]}", True),
        ("not: {contact.language: en, contact.country: in}", False),
        ("not: {not: {contact.language: en}}", True),
        # what was said
        ("intent: greeting", False),
        ("intent: {in: [greeting, price]}", True),
        ("intent: {ne: greeting}", True),
        ("intent: {exists: true}", True),
        ("text: {has: the price}", True),
        ("text: {has: prices}", False),
        ("text: {lacks: prices}", True),
        ("text: 'What is: the PRICE'", True),
        # when
        ("local_hour: {gte: 9, lt: 18}", True),
        ("local_weekday: {in: [sat, sun]}", False),
    ],
)  # fmt: skip
def test_conditions(open_book: OpenBook, when: str, holds: bool) -> None:
    book = open_book(one_rule(f"{{event: message, {when}}}"))

    assert fired(book, message("What is the price?")) == (["it"] if holds else [])


def test_a_rule_that_names_an_intent_is_about_messages(open_book: OpenBook) -> None:
    book = open_book(one_rule("{intent: price}"))

    assert fired(book, message("price")) == ["it"]
    assert fired(book, message(button="PRICE")) == ["it"]
    assert fired(book, happened("replied", text="price")) == []


def test_an_answer_to_a_campaign_may_be_asked_for_its_intent(open_book: OpenBook) -> None:
    book = open_book(one_rule("{event: replied, campaign: diwali, intent: price}"))

    assert fired(book, happened("replied", campaign="diwali", text="price")) == ["it"]
    assert fired(book, happened("replied", campaign="holi", text="price")) == []


def test_a_trigger_after_a_campaign(open_book: OpenBook) -> None:
    book = open_book(one_rule("{campaign: diwali, event: replied, button: INTERESTED}"))
    tapped = happened("replied", campaign="diwali", button="INTERESTED")

    assert fired(book, tapped) == ["it"]
    assert fired(book, replace(tapped, button="NOT_NOW")) == []
    assert fired(book, replace(tapped, name="message")) == []


def test_a_deadline_is_asked_for_exactly(open_book: OpenBook) -> None:
    book = open_book(one_rule("{campaign: diwali, event: not_read, after: 48h}"))

    assert fired(book, happened("not_read", campaign="diwali", after_s=172_800)) == ["it"]
    assert fired(book, happened("not_read", campaign="diwali", after_s=3600)) == []
    assert book.deadlines("diwali") == {("not_read", 172_800)}
    assert book.deadlines("holi") == frozenset()


def test_an_event_of_another_system_is_asked_for_its_properties(open_book: OpenBook) -> None:
    book = open_book(one_rule("{event: cart_abandoned, event.properties.total: {gte: 500}}"))

    assert fired(book, happened("cart_abandoned", properties={"total": 500.0})) == ["it"]
    assert fired(book, happened("cart_abandoned", properties={"total": "500"})) == []


def test_events_that_no_rule_looks_at_are_known_beforehand(open_book: OpenBook) -> None:
    book = open_book(
        {
            "f.yaml": INTENTS
            + """
rules:
  - {rule: a, when: {event: read, campaign: {in: [diwali, holi]}}, then: [reply: a]}
  - {rule: b, when: {event: {in: [failed, opted_out]}}, then: [reply: b]}
"""
        }
    )

    assert book.uses("read", "Diwali")
    assert book.uses("failed", None)
    assert not book.uses("read", "summer")
    assert not book.uses("read", None)
    assert not book.uses("delivered", "diwali")
    assert not book.uses("message", None)
    assert [match.name for match in book.decide(message("price"), ASHA, NOW).intents] == ["price"]


@pytest.mark.parametrize(
    "value",
    [
        1e-05, 1e16, float("inf"), float("-inf"), float("nan"), 2**63, -(2**70), 10**5000,
        "x" * 70_000, "\x00", "\ud800", "ﷺ" * 3000, b"bytes", date(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC), object(), [], {}, [[1]], {"a": {"b": 1}},
        [float("nan"), 10**400, "\ud800"], ["x"] * 100_000,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_no_value_breaks_the_engine_or_its_next_answer(open_book: OpenBook, value: Any) -> None:
    book = open_book(
        one_rule(
            "{event: message, contact.attributes.a: {ne: x, lacks: y}, "
            "not: {contact.attributes.a: {gt: 5}}}"
        )
    )
    strange = ContactFacts(attributes={"a": value})
    big = isinstance(value, int | float) and value > 5

    assert fired(book, message("hi"), strange) == ([] if big else ["it"])
    assert fired(book, message("hi"), ContactFacts(attributes={"a": 6})) == []
    assert fired(book, message("hi"), CHEN) == ["it"]
    assert book.engine_faults == 0
    book.explain(message("hi"), strange, NOW)


@pytest.mark.parametrize(
    "key", ["sid", "id", "$s", "$and", "$neq", "canary", "m", "e0", "b1", "a.b", "", "\x00"]
)
def test_no_attributes_name_is_special(open_book: OpenBook, key: str) -> None:
    book = open_book(one_rule("{intent: price, contact.attributes.city: Pune}"))
    attributes = {"city": "Pune", key: "Delhi", "nested": {key: 1}}

    assert fired(book, message("price"), ContactFacts(attributes=attributes)) == ["it"]
    assert fired(book, message("price"), ContactFacts(attributes={key: "Pune"})) == []


def test_hundreds_of_attributes_do_no_harm(open_book: OpenBook) -> None:
    book = open_book(one_rule("{intent: price, contact.attributes.a299: 299}"))

    assert fired(
        book, message("price"), ContactFacts(attributes={f"a{n}": n for n in range(300)})
    ) == ["it"]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 70_000 + " price",
        "price" + " x" * 40_000,
        "\x00price\x00",
        "\ud800 price",
        "'\"\\ price {}[]$",
    ],
)
def test_no_text_breaks_the_engine(open_book: OpenBook, text: str) -> None:
    book = open_book(one_rule("{intent: price, text: {lacks: nothing}}"))

    assert fired(book, message(text)) == ([] if text.startswith("xx") else ["it"])
    assert book.engine_faults == 0


def test_a_long_text_is_never_equal_by_its_beginning(open_book: OpenBook) -> None:
    book = open_book(one_rule("{event: message, contact.attributes.a: '" + "x" * 200 + "'}"))

    for length in (199, 200, 201, 256, 65_736):
        contact = ContactFacts(attributes={"a": "x" * length})
        assert fired(book, message("hi"), contact) == (["it"] if length == 200 else [])


def test_more_conditions_at_once_than_the_c_code_counts(open_book: OpenBook) -> None:
    rules = [
        f"  - {{rule: r{n}, then: [reply: a], "
        f"when: {{intent: price, contact.attributes.n: {{gt: {n}}}}}}}"
        for n in range(100)
    ]
    book = open_book({"f.yaml": INTENTS + "rules:\n" + "\n".join(rules)})

    assert len(fired(book, message("price"), ContactFacts(attributes={"n": 1000}))) == 100
    assert fired(book, message("price"), ContactFacts(attributes={"n": 1})) == ["r0"]
    assert book.engine_faults == 0


def test_more_flags_than_the_c_code_takes_properties(open_book: OpenBook) -> None:
    words = " ".join(f"w{n}" for n in range(300))
    rules = [
        f"  - {{rule: r{n}, when: {{text: {{has: w{n}}}}}, then: [reply: a]}}" for n in range(300)
    ]
    book = open_book({"f.yaml": "rules:\n" + "\n".join(rules)})

    assert len(fired(book, message(words))) == 300
    assert fired(book, message("w7")) == ["r7"]


def test_a_thousand_rules_behind_one_event(open_book: OpenBook) -> None:
    intents = "".join(f"  i{n}: {{exact: [say {n}]}}\n" for n in range(1000))
    rules = "".join(
        f"  - {{rule: r{n}, then: [reply: a], "
        f"when: {{intent: i{n}, contact.attributes.city: Pune}}}}\n"
        for n in range(1000)
    )
    book = open_book({"f.yaml": f"intents:\n{intents}rules:\n{rules}"})

    assert fired(book, message("Say 512!")) == ["r512"]
    assert fired(book, message("Say 512!"), BILAL) == []
    assert fired(book, message("say nothing")) == []


def test_hundreds_of_rules_that_only_compare_differently(open_book: OpenBook) -> None:
    # The C code hangs where 512 conditions stand behind one.
    rules = "".join(
        f"  - {{rule: r{n}, then: [reply: a], "
        f"when: {{event: message, contact.attributes.n: {{gt: {n}}}}}}}\n"
        for n in range(600)
    )
    book = open_book({"f.yaml": f"rules:\n{rules}"})

    assert fired(book, message("x"), ContactFacts(attributes={"n": 2})) == ["r0", "r1"]
    assert len(fired(book, message("x"), ContactFacts(attributes={"n": 1000}))) == 600


def test_hundreds_of_attributes_asked_for(open_book: OpenBook) -> None:
    rules = "".join(
        f"  - {{rule: r{n}, then: [reply: a], "
        f"when: {{event: read, contact.attributes.x{n}: {{gte: {n}}}}}}}\n"
        for n in range(500)
    )
    book = open_book({"f.yaml": f"rules:\n{rules}"})
    contact = ContactFacts(attributes={"x7": 7, "x8": 7, "x499": 499})

    assert fired(book, happened("read"), contact) == ["r7", "r499"]


@pytest.mark.parametrize("city", ["पुणे", "北京", "القاهرة", "São Paulo", "🙏"])
def test_a_value_in_any_script_is_equal_to_itself(open_book: OpenBook, city: str) -> None:
    book = open_book(one_rule(f"{{event: message, contact.attributes.city: {city}}}"))

    assert fired(book, message("x"), ContactFacts(attributes={"city": city})) == ["it"]
    assert fired(book, message("x"), ContactFacts(attributes={"city": city + "x"})) == []


def test_rules_with_the_same_conditions_all_act(open_book: OpenBook) -> None:
    rules = "".join(
        f"  - {{rule: r{n}, when: {{intent: price}}, then: [reply: a]}}\n" for n in range(300)
    )
    book = open_book({"f.yaml": f"{INTENTS}rules:\n{rules}"})

    assert fired(book, message("price")) == [f"r{n}" for n in range(300)]


def test_a_rule_that_holds_in_two_ways_acts_once(open_book: OpenBook) -> None:
    book = open_book(one_rule("{event: message, any: [{intent: price}, {text: {has: price}}]}"))

    assert fired(book, message("price")) == ["it"]


def test_files_with_problems_open_no_book() -> None:
    with pytest.raises(RuleFilesError, match="no intent is called 'prize'"):
        RuleBook(1, one_rule("{intent: prize}"), "python")


def test_a_book_without_rules_decides_nothing(open_book: OpenBook) -> None:
    book = open_book({})

    assert fired(book, message("price")) == []
    assert not book.explain(message("price"), ASHA, NOW).rules


def test_a_closed_book_still_answers(open_book: OpenBook) -> None:
    book = open_book(one_rule("{intent: price}"))
    book.close()
    book.close()

    assert fired(book, message("price")) == ["it"]


def test_the_same_event_gets_the_same_decision(open_book: OpenBook) -> None:
    book = open_book({"f.yaml": ROUND})
    event: Event = message("price")

    assert book.decide(event, ASHA, NOW) == book.decide(event, ASHA, NOW)
