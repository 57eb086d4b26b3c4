"""Rule files as they are while somebody types, and messages as nobody types them: no crash.

FUZZ_EXAMPLES makes each test longer: `FUZZ_EXAMPLES=20000 pytest tests/rules/test_fuzz.py`.
"""

import json
import os
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import ROOT
from rules.book import RuleBook
from rules.check import check, load
from rules.event import ContactFacts
from tests.rules.people import NOW, message

SHIPPED = [path.read_text("utf-8") for path in sorted((ROOT / "rules" / "files").glob("*.yaml"))]
PIECES = [
    "", " ", "\t", "\n", ":", "- ", "{", "}", "[", "]", "&a ", "*a", "!!x ", "'", '"', "|", "#",
    "\x00", "\ufeff", "\u2028", "%", "? ", "<<: *a", "9" * 30, "~", "(?", "*" * 9,
]  # fmt: skip


def bounded(usual: int) -> settings:
    """So many examples, unless the environment asks for more."""
    examples = int(os.environ.get("FUZZ_EXAMPLES", usual))
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


cuts = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(PIECES)), min_size=1, max_size=5
)


@bounded(60)
@given(st.sampled_from(SHIPPED), cuts)
def test_a_file_in_the_middle_of_an_edit_is_a_list_of_problems(
    text: str, edits: list[tuple[float, int, str]]
) -> None:
    for where, length, piece in edits:
        place = int(where * len(text))
        text = text[:place] + piece + text[place + length :]

    for problem in check({"f.yaml": text}):
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message
        assert "\n" not in problem.message


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
keys = st.sampled_from([
    "rule", "when", "then", "priority", "stop", "intent", "event", "text", "any", "all", "not",
    "after", "campaign", "contact.attributes.a", "reply", "hand_over", "eq", "in", "has", "gt",
])  # fmt: skip
shaped = st.recursive(
    json_values,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


@bounded(100)
@given(st.lists(st.dictionaries(keys, shaped, max_size=6), max_size=3), shaped)
def test_whatever_stands_in_a_file_is_told_of_and_never_raises(
    rules: list[dict[str, Any]], intents: Any
) -> None:
    files = {"f.yaml": json.dumps({"rules": rules, "intents": {"a": intents}})}

    if not [problem for problem in check(files) if not problem.warning]:
        load(files)


BOOK = RuleBook(1, {f"{n}.yaml": text for n, text in enumerate(SHIPPED)})
PHRASES = st.sampled_from(["price", "कीमत", "how much", "₹500", "STOP", "where is my order"])
texts = st.lists(st.one_of(PHRASES, st.text(max_size=30)), max_size=20).map(" ".join)


@bounded(150)
@given(texts, st.one_of(st.none(), st.text(max_size=300)))
def test_no_message_breaks_the_shipped_rules(text: str, button: str | None) -> None:
    decision = BOOK.decide(message(text, button=button), ContactFacts(), NOW)

    assert BOOK.engine_faults == 0
    assert len({match.name for match in decision.intents}) == len(decision.intents)
    assert BOOK.decide(message(text, button=button), ContactFacts(), NOW) == decision


facts = st.dictionaries(st.sampled_from(["city", "orders", "vip", "a"]), json_values, max_size=4)


@bounded(100)
@given(facts, facts, st.sets(st.text(max_size=8), max_size=3))
def test_no_attribute_or_property_breaks_the_shipped_rules(
    attributes: dict[str, Any], properties: dict[str, Any], segments: set[str]
) -> None:
    asked = ContactFacts(attributes=attributes, segments=frozenset(segments))
    for event in (
        message("price"),
        replace(message(None), name="order_placed", properties=properties),
    ):
        decision = BOOK.decide(event, asked, NOW)

        assert BOOK.engine_faults == 0
        assert BOOK.decide(event, asked, NOW) == decision
