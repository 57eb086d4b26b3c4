"""Every way in which the engine's C code was measured to err, tried through every door.

The doors: a message, an attribute, a button's payload, a rule file. After each, both engines agree
with the plainest reading of the rules, nothing failed, and the next person gets the right answer.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from rules.book import RuleBook
from rules.check import check
from rules.event import ContactFacts, Event
from rules.facts import Facts
from tests.rules import oracle
from tests.rules.conftest import OpenBook
from tests.rules.people import ASHA, NOW, fired, happened, message

WORDS = "intents: {price: {words: [price]}, tap: {buttons: [PRICE]}}\n"
RULES = {
    "price": {"intent": "price"},
    "tap": {"intent": "tap"},
    "ordinary": {"text": "hello"},
    "equal": {"event": "message", "contact.attributes.a": "abc"},
    "unequal": {"event": "message", "contact.attributes.a": {"ne": "abc"}},
    "missing": {"event": "message", "contact.attributes.a": {"exists": False}},
    "one": {"event": "message", "contact.attributes.a": 1},
    "true": {"event": "message", "contact.attributes.a": True},
    "above": {"event": "message", "contact.attributes.a": {"gt": 18}},
    "below": {"event": "message", "contact.attributes.a": {"lte": 18}},
    "huge": {"event": "message", "contact.attributes.a": {"gte": 2**53 + 1}},
    "member": {"event": "message", "contact.attributes.a": {"has": "abc"}},
    "either": {"event": "message", "any": [{"contact.attributes.a": 1}, {"button": "abc"}]},
    "pressed": {"event": "message", "button": "abc"},
    "several": {"event": "message", "button": {"in": ["abc", "x"]}},
    "unpressed": {"event": "message", "button": {"ne": "abc"}},
    "said": {"event": "message", "text": {"has": "abc"}},
    "nested": {"event": "message", "contact.attributes.b.c": "abc"},
}

HAZARDS: dict[str, Any] = {
    # 1. API: states and messages are told apart by 32-bit hashes; ids are ours alone
    "ids of ours": '{"sid":"0","id":"e"}',
    "a sid of another person": "919597916719",
    "one with the same hash": "918062083176",
    "the state's own fact": '"$s":1',
    # 2. expressions: kinds that are mixed read memory that was never written
    "a number as a text": "9",
    "a truth as a text": "true",
    "one as a number": 1,
    "one as a truth": True,
    "nothing": None,
    "a small fraction": 1e-05,
    "a large exponent": 1e16,
    "infinity": float("inf"),
    "no number": float("nan"),
    "beyond int64": 2**63,
    "at int64's edge": 2**64,
    "beyond double": 2**53 + 1,
    "negative zero": -0.0,
    # 2. lengths of 16 bits
    "65,539 bytes": "abc" + "x" * 65_536,
    "70,000 letters": "a" * 70_000,
    "256 and the same": "abc" + "a" * 300,
    # 2. texts that JSON writes otherwise
    "quotes and backslashes": '"\'\\{}[]\\" abc',
    "control characters": "a\x00b\x01c\n\r\t\x7f",
    "half a surrogate pair": "\ud800abc\udfff",
    "invisible ones": "a\u200bb\u2060c",
    "right to left": "\u202eabc\u202c قيمة",
    "scripts": "कीमत 价格 ราคา السعر 🙏🏽",
    "grows when it is normalised": "\ufdfa" * 300,
    "a format of C": "%s%n%x%d",
    # 2. operators and regular expressions are data
    "an operator": "$gt",
    "a condition": {"$gt": 1, "$neq": {"a": 1}},
    "an endless condition": {"$and": []},
    "its expressions": "((a*)*)*b",
    "two hundred brackets": "(" * 200 + "a" + ")" * 200,
    "a wide class": "[一-龥]",
    # 2. more than 254 properties, nested ones counted
    "many properties": {f"k{n}": {"v": n} for n in range(400)},
    "a long list": ["abc", *range(5000)],
    "lists in lists": [[["abc"]]],
}


def rules() -> dict[str, str]:
    written = [{"rule": n, "when": when, "then": [{"reply": "ok"}]} for n, when in RULES.items()]
    return {"a.yaml": WORDS, "b.yaml": json.dumps({"rules": written})}


@pytest.fixture(scope="module")
def books() -> list[RuleBook]:
    return [RuleBook(1, rules(), engine) for engine in ("auto", "python")]


def through_message(value: Any) -> tuple[Event, ContactFacts]:
    return message(text(value)), ASHA


def through_attribute(value: Any) -> tuple[Event, ContactFacts]:
    odd = {"a": value, "b": {"c": value}, "sid": value, "id": value, "$s": value, "": value}
    return message("hello"), ContactFacts(attributes=odd, segments=frozenset({text(value)}))


def through_button(value: Any) -> tuple[Event, ContactFacts]:
    return message(None, button=text(value), button_title=text(value)), ASHA


def through_property(value: Any) -> tuple[Event, ContactFacts]:
    return happened("message", text="hello", properties={"a": value, "id": value}), ASHA


def text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


DOORS = [through_message, through_attribute, through_button, through_property]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("hazard", HAZARDS)
def test_what_people_send_is_answered_by_the_rules_alone(
    books: list[RuleBook], door: Any, hazard: str
) -> None:
    event, contact = door(HAZARDS[hazard])
    for book in books:
        intents = frozenset(match.name for match in book.find_intents(event))
        facts = Facts(event, contact, intents, NOW)
        wanted = [p.rule.rule for p in book._set.rules if oracle.holds(p.rule.when, facts)]

        assert fired(book, event, contact) == wanted
        assert "ordinary" in fired(book, message("hello")), "the next person"
        assert book.engine_faults == 0


PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "a constant": lambda value: {"event": "message", "contact.attributes.a": value},
    "one of several": lambda value: {"event": "message", "button": {"in": [value, "x"]}},
    "a member": lambda value: {"event": "message", "contact.attributes.a": {"has": value}},
    "a name": lambda value: {"event": "message", f"contact.attributes.{value}": "abc"},
    "words": lambda value: {"text": {"has": value}},
    "a bound": lambda value: {"event": "message", "contact.attributes.a": {"gt": value}},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("hazard", HAZARDS)
def test_what_a_rule_file_holds_is_refused_or_does_what_it_says(place: str, hazard: str) -> None:
    value = HAZARDS[hazard]
    rule = {"rule": "it", "when": PLACES[place](value), "then": [{"reply": "ok"}]}
    plain = {"rule": "plain", "when": {"text": "hello"}, "then": [{"reply": "ok"}]}
    files = {"f.yaml": json.dumps({"rules": [rule, plain]})}
    if refused := [problem for problem in check(files) if "can never" not in problem.message]:
        assert {(problem.file, problem.line) for problem in refused} == {("f.yaml", 1)}
        return
    book = RuleBook(1, files)
    contact = ContactFacts(attributes={"a": value})
    facts = Facts(message("hello"), contact, frozenset(), NOW)
    wanted = [p.rule.rule for p in book._set.rules if oracle.holds(p.rule.when, facts)]
    assert fired(book, message("hello"), contact) == wanted
    assert book.engine_faults == 0
    book.close()


@pytest.mark.parametrize(
    ("pattern", "good"),
    [
        ("((a*)*)*b", True), ("(" * 200 + "a" + ")" * 200, True), ("[一-龥]+x", True),
        ("(" * 2000 + "a" + ")" * 2000, False), ("(?=a)b", False), (r"(a)\1", False),
        ("a{1,100000}", False), ("(((a{1,30}){1,30}){1,30}){1,30}", False), (".*", False),
        ("[", False), ("(?P<x>a", False), (r"%d+", True),
    ],
)  # fmt: skip
def test_expressions_that_hang_or_crash_the_engine_are_re2s_to_judge(
    pattern: str, good: bool
) -> None:
    files = {"f.yaml": json.dumps({"intents": {"it": {"regex": [pattern]}}})}

    assert (not check(files)) is good
    if good:
        matcher = RuleBook(1, files, "python")
        matcher.find_intents(message("a" * 60_000))


def test_two_thousand_people_share_no_state(open_book: OpenBook) -> None:
    """The C code keeps at most 1,024 states, and takes some numbers for one another."""
    book = open_book(rules())
    for number in range(2000):
        contact = ContactFacts(attributes={"a": "abc" if number % 2 else number})
        assert ("equal" in fired(book, message("hello"), contact)) is bool(number % 2)
    same = [message("price", properties={"id": one}) for one in ("919597916719", "918062083176")]
    assert [fired(book, one) for one in same] == [fired(book, same[0])] * 2


def test_the_same_event_twice_is_no_stranger(open_book: OpenBook) -> None:
    """The C code refuses a message it has seen, and forgets it when it likes."""
    book = open_book(rules())

    assert fired(book, message("price")) == fired(book, message("price")) != []
    assert book.engine_faults == 0
