"""A campaign that waits for what nobody finds is warned of, wherever somebody would notice."""

from typing import Any

import pytest

from campaigns import hearing, preview, service
from campaigns.documents import read
from rules import publish
from runtime import Runtime
from store import mongo
from tests.clock import NOW

WAITS: dict[str, Any] = {
    "campaign": "prices",
    "type": "triggered",
    "message": {"text": "Rs 500"},
    "trigger": {"intent": "price"},
}
INTENTS = "intents: {price: {words: [price]}}"


def said(db: mongo.Db, intent: str = "price") -> list[str]:
    return hearing.warnings(db, read({**WAITS, "trigger": {"intent": intent}}))


def test_an_intent_that_no_published_file_defines_is_warned_of(db: mongo.Db) -> None:
    assert said(db) == [
        "It waits for an intent, but no rules are published, so nobody finds 'price'."
    ]

    publish.publish(db, {"i.yaml": INTENTS}, by="t", note="", now=NOW)

    assert said(db) == []
    (warned,) = said(db, "prize")
    assert "version 1 of the rules defines no 'prize'; did you mean 'price'?" in warned


@pytest.mark.parametrize("trigger", [None, {"event": "order_placed"}, {"button": "PRICE"}])
def test_what_waits_for_no_intent_is_not(db: mongo.Db, trigger: Any) -> None:
    assert hearing.warnings(db, read({**WAITS, "trigger": trigger})) == []


def test_rules_of_before_intents_were_kept_are_given_the_benefit_of_the_doubt(
    db: mongo.Db,
) -> None:
    publish.publish(db, {"i.yaml": INTENTS}, by="t", note="", now=NOW)
    db.rule_versions.update_many({}, {"$unset": {"intents": ""}})

    assert said(db, "prize") == []


def test_the_preview_says_so_too(rt: Runtime) -> None:
    service.define(rt.db, "prices", WAITS, "t", NOW)

    assert "no rules are published" in preview.of(rt, "prices", NOW).warnings[0]
