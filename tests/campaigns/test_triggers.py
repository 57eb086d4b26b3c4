"""What starts which campaign, in which order, and on which conditions."""

from typing import Any

import pytest

from campaigns import life, service
from campaigns.triggers import Happening, Triggers
from store import mongo
from tests.clock import NOW

TEXT: dict[str, Any] = {"type": "triggered", "message": {"text": "hello"}}


def begun(db: mongo.Db, name: str, **more: Any) -> None:
    service.define(db, name, {**TEXT, "campaign": name, **more}, "t", NOW)
    life.start(db, name, "t", NOW)


def starts(db: mongo.Db, name: str, **properties: Any) -> list[str]:
    return Triggers.of(db).started_by(Happening(name, NOW, properties=properties))


@pytest.mark.parametrize(
    ("where", "told", "does"),
    [
        ({"total": {"gte": 1000}}, {"total": 1000}, True),
        ({"total": {"gte": 1000}}, {"total": 999.5}, False),
        ({"total": {"gte": 1000}}, {}, False),
        ({"currency": "INR", "total": {"gt": 0}}, {"currency": "INR", "total": 1}, True),
        ({"currency": {"in": ["INR", "AED"]}}, {"currency": "USD"}, False),
        ({"coupon": {"exists": False}}, {"total": 1}, True),
        ({"items": "pan"}, {"items": ["pot", "pan"]}, True),
    ],
)
def test_an_event_starts_it_only_where_its_properties_fit(
    db: mongo.Db, where: dict[str, Any], told: dict[str, Any], does: bool
) -> None:
    begun(db, "thanks", trigger={"event": "order_placed", "where": where})

    assert starts(db, "order_placed", **told) == (["thanks"] if does else [])


@pytest.mark.parametrize(
    ("change", "was", "is_", "does"),
    [
        ({}, None, "pro", True),
        ({"to": "pro"}, "free", "pro", True),
        ({"to": "pro"}, "free", "team", False),
        ({"from": "free", "to": {"in": ["pro", "team"]}}, "free", "team", True),
        ({"from": "free", "to": {"in": ["pro", "team"]}}, "pro", "team", False),
        ({"from": {"exists": False}}, None, "free", True),
        ({"from": {"exists": False}}, "free", "pro", False),
        ({"to": {"gte": 10}}, 9, 10, True),
        ({"to": {"gte": 10}, "from": {"lt": 10}}, 10, 11, False),
        ({"to": {"exists": False}}, "pro", None, True),
    ],
)
def test_an_attribute_starts_it_only_from_and_to_what_it_says(
    db: mongo.Db, change: dict[str, Any], was: Any, is_: Any, does: bool
) -> None:
    begun(db, "upgraded", trigger={"attribute_changed": "plan", **change})

    told = {"attribute": "plan", "from": was, "to": is_}
    assert starts(db, "attribute_changed", **told) == (["upgraded"] if does else [])
    assert starts(db, "attribute_changed", **{**told, "attribute": "city"}) == []


def test_a_segment_is_entered_or_left_by_name(db: mongo.Db) -> None:
    begun(db, "welcome", trigger={"segment_entered": "vip"})
    begun(db, "farewell", trigger={"segment_left": "vip"})

    assert starts(db, "segment_entered", segment="vip") == ["welcome"]
    assert starts(db, "segment_left", segment="vip") == ["farewell"]
    assert starts(db, "segment_entered", segment="pune") == []


def test_of_several_the_one_of_higher_priority_comes_first(db: mongo.Db) -> None:
    for name, priority in (("a", 0), ("b", 9), ("c", 50), ("d", 9)):
        begun(db, name, trigger={"event": "order_placed"}, priority=priority)

    assert starts(db, "order_placed") == ["c", "b", "d", "a"]


def test_what_takes_it_back_has_conditions_too(db: mongo.Db) -> None:
    cancel = {"event": "order_placed", "where": {"total": {"gt": 0}}}
    begun(db, "cart", trigger={"event": "cart_abandoned"}, delay="1h", cancel_if=cancel)
    begun(db, "vip", trigger={"event": "e"}, delay="1h", cancel_if={"segment_left": "vip"})
    triggers = Triggers.of(db)

    def back(name: str, **properties: Any) -> list[str]:
        return triggers.cancelled_by(Happening(name, NOW, properties=properties))

    assert back("order_placed", total=5) == ["cart"]
    assert back("order_placed", total=0) == []
    assert back("segment_left", segment="vip") == ["vip"]
