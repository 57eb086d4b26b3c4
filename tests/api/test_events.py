"""A custom event is journaled once, whoever else is away."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

import runtime
from contacts.identity import Identity, shard_of, who_key
from contacts.touch import new_contact
from events.drain import drain
from rules import publish
from rules.books import Books
from store import contacts, mongo, queue, redis
from tests.api.conftest import Caller
from tests.clock import NOW

ASHA = "919812345670"
CART: dict[str, Any] = {
    "id": "cart-17",
    "event": "cart_abandoned",
    "phone": "+919812345670",
    "properties": {"total": 499.5, "items": 2, "coupon": None, "vip": True, "city": "Pune"},
}


def test_an_event_is_journaled_and_a_worker_woken(
    call: Caller, db: mongo.Db, red: redis.RedisClient
) -> None:
    answer = call("POST", "/events", json=CART)

    assert answer.status_code == 202
    assert answer.json == {"id": "cart-17", "duplicate": False}
    [item] = db.inbox.find()
    assert (item["_id"], item["kind"], item["state"]) == ("c:cart-17", "custom", "new")
    assert item["shard"] == shard_of(Identity(ASHA))
    assert item["who"] == who_key(Identity(ASHA))
    assert json.loads(item["payload"])["item"] == {
        "id": "cart-17",
        "event": "cart_abandoned",
        "wa_id": ASHA,
        "bsuid": None,
        "properties": CART["properties"],
    }
    assert queue.depth(red)["events"] == 1


def test_what_is_journaled_is_handled(app: Flask, call: Caller, db: mongo.Db) -> None:
    rt: runtime.Runtime = app.extensions["drumbeat"]
    hi = {"rules.yaml": "rules: [{rule: hi, when: {event: message}, then: [{reply: hi}]}]"}
    publish.publish(db, hi, by="test", note="", now=datetime.now(UTC))
    call("POST", "/events", json=CART)

    handled = drain(rt, Books(rt.settings), shard_of(Identity(ASHA)), lambda: datetime.now(UTC))

    assert handled == 1
    [record] = db.events.find()
    assert (record["_id"], record["name"]) == ("c:cart-17", "cart_abandoned")
    assert record["properties"] == CART["properties"]
    history = call("GET", f"/contacts/{ASHA}/history").json
    assert history is not None
    assert [(row["kind"], row["name"]) for row in history["history"]] == [
        ("event", "cart_abandoned")
    ]


def test_the_same_id_twice_is_one_event(call: Caller, db: mongo.Db) -> None:
    call("POST", "/events", json=CART)

    answer = call("POST", "/events", json={**CART, "event": "order_placed"})

    assert answer.status_code == 202
    assert answer.json == {"id": "cart-17", "duplicate": True}
    assert db.inbox.count_documents({}) == 1


def test_an_event_goes_where_its_person_is_handled(call: Caller, db: mongo.Db) -> None:
    contact = new_contact(Identity(ASHA, "IN.13491"), "Asha", "message", NOW)
    contact["shard"] = 63 - contact["shard"]
    contacts.insert(db, contact)

    call("POST", "/events", json=CART)

    [item] = db.inbox.find()
    assert item["shard"] == contact["shard"]
    assert json.loads(item["payload"])["item"]["bsuid"] == "IN.13491"


def test_an_event_is_kept_while_redis_is_away(app: Flask, call: Caller, db: mongo.Db) -> None:
    rt: runtime.Runtime = app.extensions["drumbeat"]
    app.extensions["drumbeat"] = replace(
        rt, redis=redis.connect("redis://127.0.0.1:9", timeout_s=0.2)
    )

    assert call("POST", "/events", json=CART).status_code == 202
    assert db.inbox.count_documents({}) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": ""}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"id": 17}, "id"),
        ({"event": "a b"}, "event"),
        ({"event": "read"}, "event"),
        ({"event": "segment_entered"}, "event"),
        ({"event": "not_read"}, "event"),
        ({"event": "message"}, "event"),
        ({"properties": {"a": {"b": 1}}}, "properties.a"),
        ({"properties": {"a.b": 1}}, "properties.a.b.[key]"),
        ({"properties": [1]}, "properties"),
        ({"properties": {f"p{n}": n for n in range(101)}}, "properties"),
        ({"more": 1}, "more"),
    ],
)
def test_an_event_that_does_not_fit_is_not_kept(
    call: Caller, db: mongo.Db, change: dict[str, Any], path: str
) -> None:
    answer = call("POST", "/events", json={**CART, **change})

    assert answer.status_code == 422
    assert answer.json is not None
    assert [one["path"] for one in answer.json["errors"]] == [path]
    assert db.inbox.count_documents({}) == 0


def test_an_event_of_nobody_is_refused(call: Caller) -> None:
    assert call("POST", "/events", json={**CART, "phone": "12"}).status_code == 400
