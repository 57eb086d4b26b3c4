"""The JSON Schema of rule files: what the check takes it takes, and what completes is right."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from config.settings import ROOT
from rules import schema
from rules.check import check
from rules.model import ACTION_KINDS
from rules.nodes import parse
from tests.house import pages

COMMITTED = ROOT / "rules" / "rules.schema.json"
FOLDERS = [ROOT / "rules" / "files"]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    made = schema.schema()
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def faults(validator: Draft202012Validator, text: str) -> list[str]:
    plain: Any = parse("f.yaml", text).root.plain()
    return [error.message for error in validator.iter_errors(plain)]


def test_the_committed_file_is_the_schema() -> None:
    assert json.loads(COMMITTED.read_text("utf-8")) == schema.schema(), (
        "run `flask rules schema > rules/rules.schema.json`"
    )


@pytest.mark.parametrize("path", [p for f in FOLDERS for p in f.rglob("*.yaml")], ids=str)
def test_every_shipped_file_names_the_schema_and_fits(
    validator: Draft202012Validator, path: Path
) -> None:
    first, _ = path.read_text("utf-8").split("\n", 1)
    key, place = first.split("=")

    assert key == "# yaml-language-server: $schema"
    assert (path.parent / place).resolve() == COMMITTED
    assert faults(validator, path.read_text("utf-8")) == []


def test_every_example_of_the_page_fits(validator: Draft202012Validator) -> None:
    examples = pages.snippets(ROOT / "docs" / "rules.md", "yaml")

    assert examples
    for text in examples:
        assert faults(validator, text) == []


WRITTEN = [
    *[f"rule: r, when: {{event: message}}, then: [{then}]" for then in (
        "reply: ok", "start_campaign: x", "start_campaign: {campaign: x}", "unsuppress",
        "suppress: {for: 30d}", "suppress: all", "unset_attributes: a", "unset_attributes: [a, b]",
        "increment: a", "increment: {a: 2.5}", "set_attributes: {a: [1, b], c: true}", "hand_over",
        "hand_over: ~", "hand_over: 2h", "notify: crm", "notify: {address: crm, data: {a: 1}}",
        "reply: {text: a, list: {button: b, rows: [{id: 1, title: a}]}}",
        "reply: {text: a, buttons: [{id: 1, title: a}]}", "enrol: x", "withdraw: {campaign: x}",
        "add_to_segment: vip", "remove_from_segment: vip",
    )],
    *[f"rule: r, when: {{{when}}}, then: [reply: ok]" for when in (
        "event: not_read, after: 48h", "event: order_placed, event.properties.a.b: {gt: 2}",
        "event: {in: [read, replied]}", "text: {has: 5}", "text: 5, local_weekday: {ne: sun}",
        "event: read, all: [{campaign: x}], any: [{step: 1}, {not: {step: {gte: 3}}}]",
        "event: message, contact.attributes.a: {in: [1, x, true], exists: true}",
        "event: message, contact.segments: {has: vip}, contact.language: hi",
    )],
]  # fmt: skip


@pytest.mark.parametrize("rule", WRITTEN)
def test_whatever_the_check_takes_fits(validator: Draft202012Validator, rule: str) -> None:
    text = f"rules: [{{{rule}}}]"

    assert check({"f.yaml": text}) == []
    assert faults(validator, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "rulez: []",
        "rules: [{rule: r, when: {event: message}}]",
        "rules: [{rule: r, when: {evnt: message}, then: [reply: a]}]",
        "rules: [{rule: r, when: {contact.attributes.a: {equals: 1}, event: x}, then: [reply: a]}]",
        "rules: [{rule: r, when: {event: message}, then: [repply: a]}]",
        "rules: [{rule: r, when: {event: message}, then: [{reply: a, unsuppress: all}]}]",
        "rules: [{rule: r, when: {}, then: [reply: a]}]",
        "rules: [{rule: r, priority: high, when: {event: message}, then: [reply: a]}]",
        "intents: {a: {word: [x]}}",
        "intents: {a: {words: x}}",
    ],
)
def test_mistakes_are_marked_while_they_are_typed(
    validator: Draft202012Validator, text: str
) -> None:
    assert check({"f.yaml": text})
    assert faults(validator, text)


def test_every_action_completes() -> None:
    item = schema.schema()["$defs"]["ActionItem"]["anyOf"]

    assert set(item[0]["properties"]) == ACTION_KINDS
    assert set(item[1]["enum"]) == ACTION_KINDS
