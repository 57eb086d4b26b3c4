"""Both engines and the plainest reading of the rules answer alike, whatever is thrown at them."""

import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rules.book import RuleBook
from rules.check import check, load
from rules.engine import PythonEngine, choose
from rules.event import ContactFacts, Event
from rules.facts import Facts
from tests.rules import oracle
from tests.rules.people import NOW

NASTY = [
    "",
    "pune",
    "PUNE ",
    "पुणे",
    "1",
    "1.0",
    "true",
    "-",
    "?",
    "n:0",
    "t:pune",
    "none",
    "\x00",
    "\ud800",
    "a" * 300,
    "a" * 256,
    "a" * 70_000,
    "''\"\\{}[]",
    "$gt",
    "ﷺ" * 400,
    "hello price",
    "how much",
]
WRITTEN = [*range(-2, 4), 10**17, 2**53, 2**53 + 1, 0.1, 0.30000000000000004, 1.5, -0.0]
NUMBERS = [*WRITTEN, 10**30, -(10**30), 2**63, 2**64, 1e-5, 1e16, 1e308, float("nan")]
PLAIN = [text for text in NASTY if text.strip() and len(text) <= 200 and text.isprintable()]

constants = st.one_of(st.sampled_from(PLAIN), st.sampled_from(WRITTEN), st.booleans())
numbers = st.sampled_from(WRITTEN)
names = st.sampled_from(["contact.attributes.a", "contact.attributes.b.c", "event.properties.p"])


def comparison(values: st.SearchStrategy[Any], ordered: bool) -> st.SearchStrategy[Any]:
    single = st.sampled_from(["eq", "ne", "has", "lacks"])
    several = st.sampled_from(["in", "not_in"])
    found: list[st.SearchStrategy[Any]] = [
        st.dictionaries(single, values, min_size=1, max_size=2),
        st.dictionaries(several, st.lists(values, min_size=1, max_size=3), min_size=1, max_size=1),
        st.fixed_dictionaries({"exists": st.booleans()}),
    ]
    if ordered:
        orders = st.sampled_from(["gt", "gte", "lt", "lte"])
        found.append(st.dictionaries(orders, numbers, min_size=1, max_size=2))
    return st.one_of(found)


def asks(**facts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({name.replace("__", "."): asked for name, asked in facts.items()})


words = st.sampled_from(["price", "how much", "pune"])
intents = st.sampled_from(["price", "greeting"])
operators = st.sampled_from(["gt", "lte", "eq", "ne"])
leaves = st.one_of(
    st.dictionaries(names, comparison(constants, ordered=True), min_size=1, max_size=2),
    asks(text=comparison(words, ordered=False)),
    asks(intent=comparison(intents, ordered=False)),
    asks(step=st.dictionaries(operators, numbers, min_size=1)),
    asks(
        contact__segments=st.dictionaries(
            st.sampled_from(["has", "lacks"]), st.sampled_from(["vip", "gold"]), min_size=1
        )
    ),
    asks(campaign=st.one_of(st.just({"exists": False}), st.sampled_from(["c1", "c2"]))),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
events = st.sampled_from(["message", "read", "order_placed"])
rules = st.builds(
    lambda event, condition: {**condition, "event": event},
    st.one_of(events, st.fixed_dictionaries({"in": st.lists(events, min_size=1, max_size=2)})),
    conditions,
)

scalars = st.one_of(
    st.none(), st.booleans(), st.sampled_from(NASTY), st.sampled_from(NUMBERS),
    st.floats(allow_nan=True, allow_infinity=True), st.text(max_size=5),
)  # fmt: skip
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=4),
    st.dictionaries(st.text(max_size=3), scalars, max_size=2),
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "a": values,
        "b": st.one_of(values, st.fixed_dictionaries({"c": values})),
        "b.c": values,
        "$gt": values,
        "sid": values,
        "id": values,
    },
)
happenings = st.builds(
    Event,
    id=st.just("e"),
    name=st.sampled_from(["message", "read", "order_placed", "nothing"]),
    at=st.just(NOW),
    text=st.one_of(st.none(), st.sampled_from(NASTY)),
    button=st.one_of(st.none(), st.sampled_from(NASTY)),
    campaign=st.one_of(st.none(), st.sampled_from(["c1", "C2", "c3"])),
    step=st.one_of(st.none(), st.integers(-2, 3)),
    properties=st.fixed_dictionaries({}, optional={"p": values}),
)
contacts = st.builds(
    ContactFacts,
    attributes=attributes,
    segments=st.frozensets(st.sampled_from(["vip", "Gold", "x"])),
)

INTENTS = {"price": {"words": ["price"]}, "greeting": {"words": ["hello"]}}


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.lists(rules, min_size=1, max_size=6),
    st.lists(st.tuples(happenings, contacts), min_size=1, max_size=8),
)
def test_engines_agree_with_the_plainest_reading(
    whens: list[dict[str, Any]], seen: list[tuple[Event, ContactFacts]]
) -> None:
    written = {
        "intents": INTENTS,
        "rules": [
            {"rule": f"r{n}", "when": when, "then": [{"reply": "ok"}]}
            for n, when in enumerate(whens)
        ],
    }
    files = {"f.yaml": json.dumps(written, ensure_ascii=False)}
    # Nothing that was drawn is wrong in itself; only combinations may be too many.
    assume(not any("combinations" in str(problem) for problem in check(files)))
    rule_set = load(files, strict=False)
    compiled = rule_set.compiled
    python, other = PythonEngine(compiled), choose("auto", compiled)
    book = RuleBook(1, files, "python")
    for event, contact in seen:
        intents = book.find_intents(event)
        facts = Facts(event, contact, frozenset(match.name for match in intents), NOW)
        flat = compiled.flatten(facts)
        wanted = [
            f"r{n}"
            for n, placed in enumerate(rule_set.rules)
            if oracle.holds(placed.rule.when, facts)
        ]
        groups = python.matching(flat)
        assert other.matching(flat) == groups
        held = sorted({place for group in groups for place in compiled.groups[group].rules})
        assert [f"r{place}" for place in held] == wanted
        assert [hit.rule for hit in book.decide(event, contact, NOW).hits] == wanted
        explained = book.explain(event, contact, NOW)
        for rule in explained.rules:
            assert rule.held is all(part.held for part in rule.condition.parts)
    assert other.faults == 0
    other.close()
