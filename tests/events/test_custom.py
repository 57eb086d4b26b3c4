"""Events that other systems tell us of: triggers, delays, cancellations and goals."""

import json
from datetime import timedelta
from typing import Any

from campaigns import life, service
from rules import publish
from rules.books import Books
from store import inbox, templates
from store.documents.inbox import InboxKind, InboxState
from tests.events.conftest import ASHA, PRICE_LIST, House
from workers import fires


def happens(house: House, event_id: str, name: str, **properties: Any) -> None:
    item = {"wa_id": ASHA, "event": name, "properties": properties}
    inbox.journal(
        house.rt.db,
        [
            {
                "_id": f"c:{event_id}",
                "kind": InboxKind.CUSTOM,
                "shard": 1,
                "who": "",
                "at": house.now,
                "received_at": house.now,
                "payload": json.dumps({"item": item}),
                "state": InboxState.NEW,
                "tries": 0,
            }
        ],
    )
    house.drain()


def campaign(house: House, name: str, **more: Any) -> None:
    templates.change(house.rt.db, "price_list", "en", {"category": "UTILITY"})
    document = {**PRICE_LIST, "campaign": name, **more}
    service.define(house.rt.db, name, document, "test", house.now)
    life.start(house.rt.db, name, "test", house.now)


def test_an_event_starts_the_campaigns_that_wait_for_it_once(house: House) -> None:
    campaign(house, "cart", trigger={"event": "cart_abandoned"})
    happens(house, "1", "cart_abandoned", total=5)
    happens(house, "1", "cart_abandoned", total=5)

    assert house.texts() == ["price_list"]
    delivery = house.rt.db.deliveries.find_one({})
    assert delivery is not None
    assert delivery["purpose"] == "campaign"


def test_a_delay_waits_as_a_fire_and_fires_once(house: House) -> None:
    campaign(house, "cart", trigger={"event": "cart_abandoned"}, delay="30m")
    happens(house, "1", "cart_abandoned")
    assert house.texts() == []

    house.now += timedelta(minutes=31)
    for _ in range(2):
        fires.strike(house.rt, lambda: house.now)
    house.drain()

    assert house.texts() == ["price_list"]
    assert house.rt.db.fires.count_documents({}) == 0


def test_an_order_cancels_what_still_waits(house: House) -> None:
    cancel = {"event": "order_placed"}
    campaign(house, "cart", trigger={"event": "cart_abandoned"}, delay="30m", cancel_if=cancel)
    happens(house, "1", "cart_abandoned")
    happens(house, "2", "order_placed")

    assert house.rt.db.fires.count_documents({}) == 0


def test_a_goal_is_counted_once(house: House) -> None:
    campaign(
        house,
        "cart",
        trigger={"event": "cart_abandoned"},
        goal={"event": "order_placed", "within": "7d"},
    )
    happens(house, "1", "cart_abandoned")
    happens(house, "2", "order_placed")
    happens(house, "3", "order_placed")

    run = house.rt.db.runs.find_one({"campaign": "cart"})
    assert run is not None
    assert run["tallies"]["goals"] == 1


def test_rules_hear_of_a_goal_and_of_a_tap_once(house: House) -> None:
    heard = """
intents: {price: {words: [price]}}
rules:
  - rule: price_list
    when: {intent: price}
    then: [{start_campaign: price_list}]
  - rule: bought
    when: {campaign: price_list, event: goal}
    then: [{reply: thanks}]
  - rule: tapped
    when: {campaign: price_list, event: clicked, button: SEE_OFFERS}
    then: [{reply: look}]
"""
    goal = {"goal": {"event": "order_placed", "within": "7d"}}
    service.define(house.rt.db, "price_list", {**PRICE_LIST, **goal}, "test", house.now)
    publish.publish(house.rt.db, {"rules.yaml": heard}, by="test", note="", now=house.now)
    house.books = Books(house.rt.settings)
    house.says(ASHA, "price")
    for _ in range(2):
        house.taps(ASHA, "SEE_OFFERS", "See offers", quoted=house.sent()[0]["wamid"])
    happens(house, "1", "order_placed")
    happens(house, "2", "order_placed")

    assert house.texts() == ["price_list", "look", "thanks"]


def test_a_text_speaks_of_an_events_properties_by_the_name_that_conditions_use(
    house: House,
) -> None:
    rules = """
rules:
  - rule: thanks
    when: {event: order_placed, event.properties.total: {gte: 1}}
    then: [reply: "{{ event.properties.text }}: {{ event.properties.total }} = {{ event.total }}"]
"""
    publish.publish(house.rt.db, {"r.yaml": rules}, by="t", note="", now=house.now)
    house.books = Books(house.rt.settings)
    house.says(ASHA, "hello")
    happens(house, "1", "order_placed", total=5, text="Tawa")

    assert house.texts() == ["Tawa: 5 = 5"]
