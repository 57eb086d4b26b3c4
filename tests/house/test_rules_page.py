"""The rule language on docs/rules.md is the one that the check takes."""

import re

from config.settings import ROOT
from rules import check, publish
from rules.conditions import OPERATORS
from rules.model import ACTION_KINDS
from rules.vocabulary import FACTS
from tests.house import pages

PAGE = ROOT / "docs" / "rules.md"
TEXT = PAGE.read_text("utf-8")


def test_the_examples_of_the_page_are_good_rules_here() -> None:
    examples = pages.snippets(PAGE, "yaml")
    assert len(examples) >= 5

    problems = check.check(
        {f"{place}.yaml": text for place, text in enumerate(examples)}, publish.known()
    )

    assert not list(map(str, problems))


def test_the_sample_rules_are_good_here_too() -> None:
    texts = {
        path.name: path.read_text("utf-8") for path in (ROOT / "rules" / "files").glob("*.yaml")
    }
    assert not list(map(str, check.check(texts, publish.known())))


def test_the_page_tells_of_every_fact_and_operator() -> None:
    codes = pages.codes(PAGE)
    assert set(FACTS) <= codes
    assert set(OPERATORS) <= codes


def test_the_page_tells_what_can_be_done_and_what_cannot() -> None:
    actions = TEXT.split("\n## Then: actions\n")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)|, `(\w+): NAME`", actions, re.MULTILINE))
    assert {name for pair in told for name in pair if name} == set(publish.PERFORMABLE)
    refused = re.search(r"^(.*) are refused by the check", actions, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", refused[1])) if refused else set()
    assert named == ACTION_KINDS - publish.PERFORMABLE
