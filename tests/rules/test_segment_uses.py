"""A segment is needed by whatever names it, until that is over."""

from typing import Any

import pytest

from campaigns import life, service
from contacts import segments
from contacts.filters.read import read
from rules import publish, segment_uses
from store import mongo
from store.documents.segment import SegmentKind
from tests.campaigns.test_documents import GOOD
from tests.clock import NOW


@pytest.mark.parametrize(
    "audience",
    [
        {"segments": ["vip"]},
        {"exclude_segments": ["vip"]},
        {"where": {"any": [{"segments": {"has": "vip"}}, {"country": "IN"}]}},
    ],
)
def test_a_campaign_needs_it_wherever_it_names_it(db: mongo.Db, audience: dict[str, Any]) -> None:
    service.define(db, "price_list", {**GOOD, "audience": audience}, "test", NOW)

    assert segment_uses.of(db, "vip") == ["campaign price_list"]
    assert segment_uses.of(db, "pune") == []


def test_a_campaign_that_is_over_needs_it_no_more(db: mongo.Db) -> None:
    document = {**GOOD, "audience": {"segments": ["vip"]}, "message": {"text": "Hi"}}
    service.define(db, "price_list", document, "test", NOW)
    life.start(db, "price_list", "test", NOW)
    life.cancel(db, "price_list", "test", NOW)

    assert segment_uses.of(db, "vip") == []


def test_a_live_segment_needs_those_it_asks_for(db: mongo.Db) -> None:
    segments.describe(db, "best", SegmentKind.LIVE, read({"segments": {"has": "vip"}}), NOW)

    assert segment_uses.of(db, "vip") == ["segment best"]


@pytest.mark.parametrize(
    ("when", "then"),
    [
        ("{event: message, contact.segments: {has: vip}}", "reply: Hello"),
        ("{event: message}", "add_to_segment: vip"),
        ("{event: segment_entered, event.properties.segment: vip}", "reply: Hello"),
    ],
)
def test_a_rule_needs_it_in_its_conditions_and_its_actions(
    db: mongo.Db, when: str, then: str
) -> None:
    text = f"rules:\n  - rule: greet\n    when: {when}\n    then:\n      - {then}\n"
    publish.publish(db, {"a.yaml": text}, by="test", note="", now=NOW)

    assert segment_uses.of(db, "vip") == ["rule greet"]
    assert segment_uses.of(db, "pune") == []
