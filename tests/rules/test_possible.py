"""Conditions that contradict, and those that follow from others."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rules import atoms
from rules.conditions import When
from rules.event import ContactFacts, Event
from rules.facts import Facts
from rules.possible import clash, implied
from tests.rules import oracle
from tests.rules.people import NOW
from tests.rules.test_agreement import comparison, names

A = "contact.attributes.a"


def ways(when: dict[str, Any]) -> list[frozenset[atoms.Atom]]:
    return atoms.conjunctions(When.model_validate(when))


def said(**facts: Any) -> str | None:
    (way,) = ways({name.replace("__", "."): asked for name, asked in facts.items()})
    return clash(way)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"eq": "x", "ne": "X"}, "is left no value"),
        ({"eq": "x", "in": ["y", "z"]}, "'x' and 'y' or 'z' at once"),
        ({"eq": 1, "in": ["1"]}, "at once"),
        ({"eq": True, "in": [1]}, "at once"),
        ({"in": ["a", "b"], "not_in": ["B", "a", "c"]}, "is left no value"),
        ({"gt": 5, "lt": 5}, "no number between 5 and 5"),
        ({"gte": 5, "lt": 5}, "no number between"),
        ({"gt": 6, "lte": 2}, "no number between 6 and 2"),
        ({"eq": 3, "gt": 3}, "is left no value"),
        ({"eq": "many", "gt": 3}, "is left no value"),
        ({"eq": True, "lt": 3}, "is left no value"),
        ({"in": [1, 2], "gte": 3}, "is left no value"),
        ({"exists": False, "eq": 1}, "known and not known at once"),
        ({"exists": False, "has": "x"}, "known and not known at once"),
        ({"exists": False, "gt": 1}, "known and not known at once"),
        ({"has": "x", "lacks": "X "}, "have and lack 'x'"),
        ({"has": "x", "eq": "x"}, "one value and a list"),
        ({"has": "x", "gt": 2}, "a number and a list"),
    ],
)
def test_one_fact_asked_too_much(asked: dict[str, Any], reason: str) -> None:
    (way,) = ways({"event": "message", A: asked})

    assert reason in (clash(way) or "")


@pytest.mark.parametrize(
    "asked",
    [
        {"eq": 3, "gte": 3},
        {"gte": 5, "lte": 5},
        {"gt": 5, "lt": 6},
        {"ne": 1, "exists": False},
        {"lacks": "x", "exists": False},
        {"in": ["a", "b"], "not_in": ["a"]},
        {"has": "x", "lacks": "y"},
        {"ne": 1, "not_in": [2, 3]},
    ],
)
def test_one_fact_asked_what_can_be(asked: dict[str, Any]) -> None:
    (way,) = ways({"event": "message", A: asked})

    assert clash(way) is None


def test_what_contradicts_over_several_levels() -> None:
    assert clash(*ways({"intent": "a", "not": {"intent": "a"}})) is not None
    assert clash(*ways({"event": "message", A: {"gt": 5}, "not": {A: {"gt": 3}}})) is not None
    assert clash(*ways({"event": "message", A: 2, "all": [{A: 3}]})) is not None
    both = ways({"event": "message", A: 2, "any": [{A: 3}, {A: 2}]})
    assert sorted(clash(way) is None for way in both) == [False, True]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"event": "read", "intent": "a"}, "nobody says anything at `read`"),
        ({"event": "replied", "link": {"has": "link:1"}}, "link is known of `clicked` alone"),
        ({"event": "order_placed", "text": "a"}, "nobody says anything at `order_placed`"),
        ({"event": "delivered", "button": "A"}, "nobody says anything"),
        ({"event": "read", "error_code": 131026}, "known of `failed` alone, not of `read`"),
        ({"event": "order_placed", "campaign": "diwali"}, "is no campaign's event"),
        ({"event": "read", "event.properties.total": 3}, "`read` has no properties"),
        ({"intent": "a", "local_hour": {"gt": 23}}, "local_hour is no number between"),
        ({"intent": "a", "local_hour": {"gt": 9, "lt": 10}}, "no number between 9 and 10"),
        ({"text": {"eq": "hello there", "has": "price"}}, "left no value"),
        ({"text": {"has": "price", "lacks": "price"}}, "have and lack 'price'"),
        ({"intent": "a", "contact.segments": {"has": "x", "lacks": "x"}}, "have and lack"),
    ],
)
def test_facts_that_never_come_together(facts: dict[str, Any], reason: str) -> None:
    (way,) = ways(facts)

    assert reason in (clash(way) or "")


@pytest.mark.parametrize(
    "facts",
    [
        {"event": "replied", "intent": "a", "button": "A"},
        {"event": {"in": ["read", "replied"]}, "text": "a"},
        {"event": "read", "intent": {"ne": "a"}},
        {"intent": {"eq": "a", "in": ["b", "c"]}},
        {"event": "goal", "campaign": "x", "event.properties.total": 3},
        {"event": "message", "campaign": {"exists": False}},
        {"text": {"eq": "what price", "has": "price"}},
        {"intent": "a", "local_hour": {"gte": 23}},
    ],
)
def test_facts_that_may_come_together(facts: dict[str, Any]) -> None:
    (way,) = ways(facts)

    assert clash(way) is None


@pytest.mark.parametrize(
    ("stronger", "weaker", "follows"),
    [
        ({A: 3}, {A: {"gt": 2}}, True),
        ({A: {"gt": 3}}, {A: {"gt": 2}}, True),
        ({A: {"gt": 2}}, {A: {"gt": 3}}, False),
        ({A: "x"}, {A: {"in": ["x", "y"]}}, True),
        ({A: {"in": ["x", "y"]}}, {A: {"in": ["x", "y", "z"]}}, True),
        ({A: {"in": ["x", "y"]}}, {A: "x"}, False),
        ({A: "x"}, {A: {"ne": "y"}}, True),
        ({A: "x"}, {A: {"exists": True}}, True),
        ({A: {"lt": 2}}, {A: {"exists": True}}, True),
        ({A: {"ne": 2}}, {A: {"exists": True}}, False),
        ({A: {"has": "x"}}, {A: {"has": "x"}}, True),
        ({}, {A: {"ne": "x"}}, False),
    ],
)
def test_what_follows(stronger: dict[str, Any], weaker: dict[str, Any], follows: bool) -> None:
    (strong,) = ways({"event": "message", **stronger})
    (weak,) = ways({"event": "message", **weaker})

    assert all(implied(atom, strong) for atom in weak) is follows


constants = st.sampled_from(["x", "Y", "1", 1, 2, 2.5, True])
asked = st.dictionaries(names, comparison(constants, ordered=True), min_size=1, max_size=2)
conditions = st.one_of(asked, asked.map(lambda inner: {"not": inner}))
plain = st.one_of(st.none(), constants, st.integers(-1, 4))
attributes = st.fixed_dictionaries({}, optional={"a": st.one_of(plain, st.lists(plain))})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(conditions, conditions, st.lists(attributes, min_size=1, max_size=6))
def test_what_is_said_to_contradict_or_follow_does(
    one: dict[str, Any], two: dict[str, Any], people: list[dict[str, Any]]
) -> None:
    both = {"event": "message", "all": [one, two]}
    try:
        first, second = (ways({"event": "message", **part}) for part in (one, two))
        together = ways(both)
    except (ValidationError, atoms.TooManyWaysError):
        assume(False)
    event = Event(id="e", name="message", at=NOW)
    facts = [Facts(event, ContactFacts(attributes=one), frozenset(), NOW) for one in people]
    if all(clash(way) for way in together):
        assert not any(oracle.holds(When.model_validate(both), seen) for seen in facts)
    follows = all(any(all(implied(a, way) for a in weak) for weak in second) for way in first)
    if follows:
        whens = [When.model_validate({"event": "message", **part}) for part in (one, two)]
        for seen in facts:
            assert oracle.holds(whens[1], seen) or not oracle.holds(whens[0], seen)
