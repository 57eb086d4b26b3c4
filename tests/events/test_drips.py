"""Drips and what people say: enrolled by it, stopped by it, and steps that wait for it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, service
from rules import publish
from store import inbox
from tests.campaigns.drips import School, drip
from tests.events.conftest import ASHA, House, body, profile
from webhooks.rows import of_body

RULES = """
intents:
  hello: {words: [hello]}
  bye: {words: [bye]}
  course: {words: [course]}
rules:
  - rule: greet
    when: {intent: hello}
    then: [{enrol: welcome}]
  - rule: leave
    when: {intent: bye}
    then: [{withdraw: welcome}]
"""


@pytest.fixture
def school(house: House) -> School:
    service.define(house.rt.db, "welcome", drip(), "test", house.now)
    publish.publish(house.rt.db, {"rules.yaml": RULES}, by="test", note="", now=house.now)
    return School(house.rt, house.meta, house.now)


def start(school: School, **more: Any) -> None:
    document = drip(**more)
    service.define(school.rt.db, "welcome", document, "test", school.now)
    life.start(school.rt.db, "welcome", "test", school.now)


def test_a_rule_enrols_and_another_withdraws(house: House, school: School) -> None:
    start(school)
    house.says(ASHA, "hello")
    school.tick()
    assert school.got() == ["one"]
    row = school.enrolment()
    assert (row["by"], row["answer"]) == ("rule greet", True)

    house.says(ASHA, "bye")
    school.later(days=2)
    assert school.got() == ["one"]
    assert school.enrolment()["state"] == "withdrawn"


def test_an_intent_enrols_by_itself_and_the_first_step_is_an_answer(
    house: House, school: School
) -> None:
    start(school, enrol={"intent": "course"})

    house.says(ASHA, "course please")
    school.tick()

    (row,) = school.rt.db.deliveries.find({"campaign": "welcome"})
    assert row["purpose"] == "answer"
    school.later(days=1, minutes=1)
    rows = school.rt.db.deliveries.find({"campaign": "welcome"}).sort("step", 1)
    assert [row["purpose"] for row in rows] == ["answer", "campaign"]


def test_an_answer_stops_the_drip(house: House, school: School) -> None:
    start(school, stop_when=["replied"])
    house.says(ASHA, "hello")
    school.tick()
    house.now += timedelta(minutes=1)

    house.says(ASHA, "thanks")
    school.later(days=2)

    assert school.got() == ["one"]
    assert school.enrolment()["reason"] == "replied"


def test_stop_ends_it_before_any_rule(house: House, school: School) -> None:
    start(school, category="marketing")
    house.says(ASHA, "hello")
    school.tick()

    house.says(ASHA, "STOP")
    school.later(days=2)

    assert school.enrolment()["reason"] == "opted_out"
    assert [text for text in house.texts() if text == "order_update"] == ["order_update"]


def test_a_step_waits_for_what_the_person_said_and_nobody_has_read(
    house: House, school: School
) -> None:
    """The answer is journaled; its drain comes a moment later, and stops the drip."""
    start(school, stop_when=["replied"])
    house.says(ASHA, "hello")
    school.tick()
    school.away(days=1)
    house.now = school.now
    said = {"from": ASHA, "id": "wamid.late", "timestamp": str(int(house.now.timestamp()))}
    value = {"messages": [{**said, "type": "text", "text": {"body": "thanks"}}]}
    whole = body("messages", {**value, "contacts": [profile(ASHA, None)]})
    inbox.journal(school.rt.db, of_body(json.dumps(whole).encode(), house.now))

    school.fire()
    assert school.rt.db.deliveries.count_documents({"campaign": "welcome"}) == 1
    house.drain()
    school.later(minutes=1)

    assert school.got() == ["one"]
    assert school.enrolment()["reason"] == "replied"


def test_rules_are_told_the_step(house: House, school: School) -> None:
    told = """
rules:
  - rule: second_read
    when: {campaign: welcome, event: read, step: 1}
    then: [{add_to_segment: readers}]
"""
    publish.publish(house.rt.db, {"r.yaml": RULES + told.partition("rules:")[2]}, by="test",
                    note="", now=house.now)  # fmt: skip
    start(school)
    house.says(ASHA, "hello")
    school.tick()
    for row in school.rt.db.deliveries.find({"campaign": "welcome"}):
        house.status(row["wamid"], "read")
    assert house.contact(ASHA)["segments"] == []
    school.later(days=1, minutes=1)
    house.now = school.now
    for row in school.rt.db.deliveries.find({"campaign": "welcome"}):
        house.status(row["wamid"], "read")
    assert house.contact(ASHA)["segments"] == ["readers"]
