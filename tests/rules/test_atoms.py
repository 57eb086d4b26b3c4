import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import atoms
from rules.atoms import MAX_CONJUNCTIONS, Atom, TooManyWaysError, conjunctions
from rules.conditions import When

FACTS = [f"contact.attributes.{name}" for name in "abc"]

conditions: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.sampled_from(FACTS).map(lambda fact: {fact: True}),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
    ),
    max_leaves=8,
)


def holds(when: dict[str, Any], world: dict[str, bool]) -> bool:
    answers = []
    for key, part in when.items():
        match key:
            case "all":
                answers.append(all(holds(one, world) for one in part))
            case "any":
                answers.append(any(holds(one, world) for one in part))
            case "not":
                answers.append(not holds(part, world))
            case fact:
                answers.append(world[fact])
    return all(answers)


@settings(max_examples=200, deadline=None)
@given(conditions)
def test_the_ways_of_a_rule_hold_exactly_when_the_rule_does(when: dict[str, Any]) -> None:
    try:
        ways = conjunctions(When.model_validate(when))
    except TooManyWaysError:
        return
    for answers in itertools.product([True, False], repeat=len(FACTS)):
        world = dict(zip(FACTS, answers, strict=True))
        found = any(all(world[atom.fact] is not atom.negated for atom in way) for way in ways)
        assert found is holds(when, world)


def test_a_message_is_implied_only_where_no_event_is_named() -> None:
    spoken = When.model_validate({"intent": "price"})
    named = When.model_validate({"event": "replied", "intent": "price"})

    assert atoms.implied_event(spoken) == Atom("event", "eq", "message")
    assert atoms.implied_event(named) is None
    assert all(Atom("event", "eq", "message") in way for way in conjunctions(spoken))


def test_true_is_not_one() -> None:
    assert Atom("contact.attributes.a", "eq", True) != Atom("contact.attributes.a", "eq", 1)
    assert Atom("contact.attributes.a", "eq", 1.0) == Atom("contact.attributes.a", "eq", 1)


def test_too_many_ways_are_noticed_before_they_are_all_made() -> None:
    pair = {"any": [{"contact.attributes.a": 1}, {"contact.attributes.b": 1}]}
    wide = {
        "all": [{"any": [{f"contact.attributes.x{n}": k} for k in range(60)]} for n in range(60)]
    }

    assert len(conjunctions(When.model_validate({"all": [pair] * 60}))) <= MAX_CONJUNCTIONS
    with pytest.raises(TooManyWaysError):
        conjunctions(When.model_validate(wide))
