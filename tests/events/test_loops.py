"""Two machines that answer each other: cut after a while, and reported."""

from datetime import timedelta

import pytest

from config.values import FrequencyCap
from contacts import erasure
from contacts.identity import Identity
from events import foresee
from events.foresee import Question
from rules import publish
from rules.books import Books
from store import loops
from tests.events.conftest import ASHA, BILAL, House

ECHO = """
intents: {hello: {words: [hello]}, clock: {words: [clock]}}
rules:
  - rule: greets
    when: {intent: hello}
    then: [reply: "hello to you"]
  - rule: tells
    when: {intent: clock}
    then: [{increment: asked}, {reply: "You asked {{ contact.asked }} times."}]
"""


@pytest.fixture
def shop(house: House) -> House:
    """Answers that a machine would answer; three of one kind, or five, are a loop."""
    publish.publish(house.rt.db, {"a.yaml": ECHO}, by="t", note="", now=house.now)
    house.books = Books(house.rt.settings)
    ten = timedelta(minutes=10)
    limits = {"reply_limit": FrequencyCap(3, ten), "reply_limit_any": FrequencyCap(5, ten)}
    object.__setattr__(house.rt, "settings", house.rt.settings.model_copy(update=limits))
    return house


def test_a_machine_that_answers_our_answers_is_answered_three_times(shop: House) -> None:
    for _ in range(6):
        shop.says(BILAL, "hello to you")
        shop.now += timedelta(seconds=5)

    assert shop.texts() == ["hello to you"] * 3
    cut = list(shop.rt.db.deliveries.find({"reason": "reply_loop"}))
    assert [row["status"] for row in cut] == ["skipped"] * 3
    (loop,) = loops.recent(shop.rt.db, 10)
    assert (loop["_id"], loop["cut"]) == (shop.contact(BILAL)["_id"], 3)

    shop.says(ASHA, "hello")
    assert len(shop.texts()) == 4, "others are answered"
    shop.now += timedelta(minutes=11)
    shop.says(BILAL, "hello")
    assert len(shop.texts()) == 5, "and so are they, once it is over"


def test_answers_that_always_say_something_else_are_cut_too(shop: House) -> None:
    for _ in range(8):
        shop.says(BILAL, "what does the clock say")

    assert len(shop.texts()) == 5
    assert shop.contact(BILAL)["attributes"]["asked"] == 8, "what is no answer is done all the same"


def test_who_is_erased_stands_in_no_list_of_loops(shop: House) -> None:
    for _ in range(4):
        shop.says(BILAL, "hello")
    assert loops.count(shop.rt.db, 10) == 1

    erasure.erase(shop.rt.db, Identity(wa_id=BILAL), shop.now)

    assert loops.count(shop.rt.db, 10) == 0


def test_it_is_foretold_that_a_loop_would_be_cut(shop: House) -> None:
    for _ in range(3):
        shop.says(BILAL, "hello")

    question = Question(text="hello", contact=shop.contact(BILAL))
    seen = foresee.foresee(
        shop.rt, shop.books.current(shop.rt.db), question, shop.now + timedelta(seconds=1)
    )

    assert [step.held_back for told in seen.told for step in told.steps] == ["reply_loop"]
