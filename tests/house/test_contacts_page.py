"""What `docs/contacts.md` shows is a filter, and what may be asked is shown there."""

from typing import Any

import pytest
import yaml

from config.settings import ROOT
from contacts.filters import terms
from contacts.filters.read import read
from contacts.filters.words import sentence
from tests.house import pages

PAGE = ROOT / "docs" / "contacts.md"
FILTERS = [yaml.safe_load(text) for text in pages.snippets(PAGE, "yaml")]


@pytest.mark.parametrize("written", FILTERS, ids=str)
def test_every_filter_on_the_page_is_one(written: Any) -> None:
    read(written)


def test_the_page_shows_the_sentence_of_its_first_filter() -> None:
    text = " ".join(PAGE.read_text("utf-8").split())

    assert f"*{sentence(read(FILTERS[0]).tree)}*" in text


@pytest.mark.parametrize(
    "test",
    [
        terms.AttributeTest, terms.SegmentsTest, terms.LanguageTest, terms.ConsentTest,
        terms.SeenTest, terms.CampaignTest,
    ],
)  # fmt: skip
def test_every_operator_is_shown(test: Any) -> None:
    text = PAGE.read_text("utf-8")

    for name, field in test.model_fields.items():
        operator = field.alias or name
        assert f"{operator}:" in text or f"`{operator}`" in text, operator
