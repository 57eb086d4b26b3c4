"""Rules that never act are told of, with the reason."""

import json
import time
from typing import Any

import pytest

from rules.check import check

INTENTS = {"price": {"words": ["price"]}, "hello": {"words": ["hello"]}}


def told(*rules: dict[str, Any]) -> list[str]:
    then = {"then": [{"reply": "ok"}]}
    written = {"intents": INTENTS, "rules": [{**then, **rule} for rule in rules]}
    return [str(problem) for problem in check({"f.yaml": json.dumps(written, indent=1)})]


def rule(name: str, priority: int = 0, stop: bool = False, **when: Any) -> dict[str, Any]:
    asked = {fact.replace("__", "."): value for fact, value in when.items()}
    return {"rule": name, "priority": priority, "stop": stop, "when": asked}


def test_a_rule_whose_conditions_contradict_never_holds() -> None:
    (problem,) = told(rule("a", intent="price", local_hour={"gt": 20, "lt": 8}))

    assert "can never hold: local_hour is no number between 20 and 8" in problem


def test_one_way_that_can_hold_is_enough() -> None:
    dead = {"contact.attributes.n": {"gt": 3, "lt": 3}}

    assert not told(rule("a", intent="price", any=[dead, {"local_hour": 3}]))
    assert len(told(rule("a", intent="price", any=[dead, dead]))) == 1


STOP = rule("first", 10, stop=True, intent="price", contact__attributes__city={"in": ["A", "B"]})


@pytest.mark.parametrize(
    "when",
    [
        {"intent": "price", "contact__attributes__city": "A"},
        {"intent": "price", "contact__attributes__city": {"in": ["B", "A"]}, "local_hour": 3},
        {"intent": "price", "any": [{"contact.attributes.city": c} for c in "AB"]},
    ],
)
def test_a_stop_above_that_always_wins_is_named(when: dict[str, Any]) -> None:
    (problem,) = told(rule("second", **when), STOP)

    assert "never acts: 'first' (f.yaml:" in problem
    assert "comes first, holds too and stops" in problem


@pytest.mark.parametrize(
    "when",
    [
        {"intent": "price"},
        {"intent": "hello", "contact__attributes__city": "A"},
        {"intent": "price", "contact__attributes__city": "C"},
        {"intent": "price", "any": [{"contact.attributes.city": c} for c in "AC"]},
        {"event": "replied", "intent": "price", "contact__attributes__city": "A"},
    ],
)
def test_a_stop_that_may_not_hold_leaves_the_rule_its_chance(when: dict[str, Any]) -> None:
    assert not told(rule("second", **when), STOP)


def test_only_what_comes_before_wins() -> None:
    narrow = rule("narrow", 20, intent="price", contact__attributes__city="A")
    later = rule("later", 5, stop=True, intent="price")

    assert not told(narrow, later, STOP)
    assert len(told(rule("a", stop=True, intent="price"), rule("b", intent="price"))) == 1


def test_thousands_of_stops_are_looked_through_quickly() -> None:
    rules = [
        rule(f"r{n}", n % 7, True, intent="price", contact__attributes__n=n, local_hour={"gte": 3})
        for n in range(3000)
    ]
    begun = time.process_time()

    assert not told(*rules)
    assert time.process_time() - begun < 20
