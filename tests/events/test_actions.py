"""What rules do: counting, handing over."""

from datetime import timedelta

import pytest

from campaigns import life, service
from rules import publish
from rules.books import Books
from store import attributes, contacts
from store.documents.attribute import AttributeKind
from tests.events.conftest import ASHA, PRICE_LIST, RULES, House
from tests.events.test_custom import happens

MORE = """
intents: {help: {words: [help]}, visit: {words: [visit]}}
rules:
  - rule: counted
    when: {intent: visit}
    then: [increment: visits, increment: {spent: 2.5, city: 1}]
  - rule: begins_anew
    when: {intent: visit, text: {has: first}}
    then: [{set_attributes: {stars: 5}}, increment: {stars: 2}, increment: stars]
  - rule: helped
    priority: 9
    when: {intent: help}
    then:
      - hand_over: {for: 2h, note: "{{ contact.name }}: {{ event.text }}"}
      - reply: one moment
  - rule: also
    when: {intent: help}
    then: [reply: "help is near"]
  - rule: ordered
    when: {event: order_placed}
    then: [{set_attributes: {ordered: true}}, reply: "thank you"]
"""


@pytest.fixture
def shop(house: House) -> House:
    """The house, with rules that count and hand over."""
    files = {"a.yaml": RULES, "b.yaml": MORE}
    publish.publish(house.rt.db, files, by="t", note="", now=house.now)
    house.books = Books(house.rt.settings)
    return house


def test_counting_begins_at_nothing_and_leaves_other_values_alone(shop: House) -> None:
    shop.says(ASHA, "hello")
    attributes.define(shop.rt.db, "city", AttributeKind.TEXT, "import", shop.now)
    shop.rt.db.contacts.update_one({"wa_id": ASHA}, {"$set": {"attributes.city": "Pune"}})
    shop.says(ASHA, "visit")
    shop.says(ASHA, "another visit")

    has = shop.contact(ASHA)["attributes"]
    assert (has["visits"], has["spent"], has["city"]) == (2, 5.0, "Pune")
    event = shop.rt.db.events.find_one({"text": "visit"})
    assert event is not None
    assert [done["detail"] for done in event["actions"]] == [
        "visits counted",
        "spent counted; city holds no numbers, and stays",
    ]


def test_counting_sees_what_was_set_before(shop: House) -> None:
    shop.says(ASHA, "my first visit")

    assert shop.contact(ASHA)["attributes"]["stars"] == 8


def test_a_message_counts_once_however_often_its_job_dies_after_counting(shop: House) -> None:
    shop.says(ASHA, "visit")
    for _ in range(3):  # the worker died before it kept that the action was done
        shop.rt.db.events.update_many({}, {"$set": {"actions": []}})
        shop.rt.db.inbox.update_many({}, {"$set": {"state": "new"}, "$unset": {"done_at": ""}})
        shop.drain()

    assert shop.contact(ASHA)["attributes"]["visits"] == 1


def test_only_the_last_marks_of_counting_are_kept(shop: House) -> None:
    shop.says(ASHA, "hello")
    one = shop.contact(ASHA)["_id"]
    for number in range(contacts._COUNTED + 5):
        assert contacts.count_up(shop.rt.db, one, {"n": 1}, str(number), shop.now)

    assert contacts.count_up(shop.rt.db, one, {"n": 1}, "204", shop.now) is None
    row = shop.contact(ASHA)
    assert row["attributes"]["n"] == contacts._COUNTED + 5
    assert len(row["counted"]) == contacts._COUNTED


def test_while_an_agent_answers_rules_and_triggers_are_silent(shop: House) -> None:
    document = {**PRICE_LIST, "campaign": "cart", "category": "utility"}
    document |= {"trigger": {"event": "order_placed"}}
    service.define(shop.rt.db, "cart", document, "test", shop.now)
    life.start(shop.rt.db, "cart", "test", shop.now)
    shop.says(ASHA, "I need help")
    assert sorted(shop.texts()) == ["help is near", "one moment"], (
        "what led here is answered wholly"
    )

    shop.now += timedelta(minutes=5)
    shop.says(ASHA, "price? help?")
    happens(shop, "1", "order_placed")

    assert len(shop.texts()) == 2
    contact = shop.contact(ASHA)
    assert contact["attributes"]["ordered"] is True, "what is no word goes on"
    assert contact["handed_over"]["note"] == "Asha Kulkarni: I need help"
    event = shop.rt.db.events.find_one({"text": "price? help?"})
    assert event is not None
    assert event["handled"] == "handed_over"
    ordered = shop.rt.db.events.find_one({"name": "order_placed"})
    assert ordered is not None
    held = [done["detail"] for done in ordered["actions"]]
    assert held == ["set", "held: an agent answers", "held: an agent answers"]


def test_stop_is_honoured_though_an_agent_answers(shop: House) -> None:
    shop.says(ASHA, "help")
    shop.now += timedelta(minutes=5)
    shop.says(ASHA, "STOP")

    assert shop.texts()[-1].startswith("You will get no more")


def test_after_a_while_or_when_handed_back_rules_answer_again(shop: House) -> None:
    shop.says(ASHA, "help")
    shop.now += timedelta(hours=2)
    shop.says(ASHA, "price")
    assert shop.texts()[2:] == ["price_list"]

    shop.says(ASHA, "help")
    shop.now += timedelta(minutes=1)
    assert contacts.hand_back(shop.rt.db, ASHA, None, shop.now)
    assert not contacts.hand_back(shop.rt.db, ASHA, None, shop.now)
    shop.says(ASHA, "help")
    assert len(shop.texts()) == 7, "both answers again"
