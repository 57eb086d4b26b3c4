"""An action that fails: the others are done, and it alone is tried again, until it is given up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config import metrics
from contacts import erasure
from contacts.identity import Identity
from events import actions, again
from rules import acts, publish
from rules.books import Books
from store import fires
from store.documents.event import EventRecord
from store.documents.fire import FireKind
from tests.events.conftest import ASHA, PRICE_LIST, House
from tests.events.test_custom import happens

RULES = """
intents: {visit: {words: [visit]}}
rules:
  - rule: visited
    when: {intent: visit}
    then:
      - reply: welcome
      - set_attributes: {seen: shop}
      - increment: visits
      - notify: crm
      - suppress: {scope: marketing, for: 1d}
      - add_to_segment: visitors
"""


@pytest.fixture
def shop(house: House) -> House:
    """The house, where a visit brings about six things."""
    publish.publish(house.rt.db, {"a.yaml": RULES}, by="t", note="", now=house.now)
    house.books = Books(house.rt.settings)
    given = {"notify_addresses": {"crm": "https://crm.example"}}
    object.__setattr__(house.rt, "settings", house.rt.settings.model_copy(update=given))
    return house


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[type, int], list[int]]:
    """Have an action raise what nobody foresaw, so many times."""

    def have(action: type, times: int) -> list[int]:
        whole, left = actions._DOING[action], [times]

        def doing(on: actions.Round, one: Any) -> str:
            if left[0]:
                left[0] -= 1
                raise ZeroDivisionError("+919812345670")
            return whole(on, one)

        monkeypatch.setitem(actions._DOING, action, doing)
        return left

    return have


def event_of(shop: House) -> EventRecord:
    (event,) = shop.rt.db.events.find({"name": {"$ne": "retried"}})
    return event  # type: ignore[return-value]  # what the collection holds


def outcomes(shop: House) -> list[str]:
    return [one["outcome"] for one in event_of(shop)["actions"]]


def clock_strikes(shop: House) -> int:
    """What is due is put in line and handled; how much it was."""
    count = 0
    while due := fires.claim_due(shop.rt.db, shop.now, FireKind.RETRY_ACTION):
        assert again.journal_due(shop.rt, [due], shop.now) == {}
        fires.finish(shop.rt.db, due)
        count += 1
    shop.drain()
    return count


def test_what_fails_stops_nothing_and_is_done_alone_later(
    shop: House, breaks: Callable[[type, int], list[int]]
) -> None:
    breaks(acts.SetAttributes, 1)

    shop.says(ASHA, "visit")

    assert outcomes(shop) == ["done", "again", "done", "done", "done", "done"]
    assert event_of(shop)["actions"][1]["detail"] == "failed: ZeroDivisionError"
    assert shop.rt.db.inbox.count_documents({"state": "done"}) == 1, "the event is not repeated"
    has = shop.contact(ASHA)
    assert (has["attributes"], has["segments"]) == ({"visits": 1}, ["visitors"])

    assert clock_strikes(shop) == 0, "not at once"
    shop.now += timedelta(seconds=31)
    assert clock_strikes(shop) == 1

    assert set(outcomes(shop)) == {"done"}
    assert shop.contact(ASHA)["attributes"] == {"visits": 1, "seen": "shop"}
    assert shop.texts() == ["welcome"], "the others are not done again"
    shop.now += timedelta(days=2)
    assert clock_strikes(shop) == 0


def test_an_answer_that_failed_is_given_later(
    shop: House, breaks: Callable[[type, int], list[int]]
) -> None:
    breaks(acts.SendReply, 2)

    shop.says(ASHA, "visit")
    for _ in range(2):
        assert shop.texts() == []
        shop.now += again.WAITS[1] + timedelta(seconds=1)
        clock_strikes(shop)

    assert shop.texts() == ["welcome"]


def test_what_never_works_is_given_up_and_counted(
    shop: House, breaks: Callable[[type, int], list[int]]
) -> None:
    left = breaks(acts.AddToSegment, 99)
    before = metrics.ACTIONS_FAILED.labels(metrics.GIVEN_UP)._value.get()

    shop.says(ASHA, "visit")
    for wait in (*again.WAITS, timedelta(days=2)):
        shop.now += wait + timedelta(seconds=1)
        clock_strikes(shop)

    assert 99 - left[0] == len(again.WAITS) + 1
    last = event_of(shop)["actions"][5]
    assert last["outcome"] == "failed"
    assert last["detail"] == "failed: ZeroDivisionError; given up after 7 tries"
    assert metrics.ACTIONS_FAILED.labels(metrics.GIVEN_UP)._value.get() == before + 1
    assert shop.rt.db.fires.count_documents({"kind": "retry_action"}) == 0


def test_what_mongodb_refuses_of_one_action_is_not_in_the_way_of_the_others(shop: House) -> None:
    shop.says(ASHA, "hello")
    shop.rt.db.events.delete_many({})
    refuses = {"$nor": [{"attributes.seen": "shop"}]}
    shop.rt.db.command("collMod", "contacts", validator=refuses)
    try:
        shop.says(ASHA, "visit")
        assert outcomes(shop) == ["done", "again", "done", "done", "done", "done"]
        assert shop.texts() == ["welcome"]
        assert shop.contact(ASHA)["segments"] == ["visitors"]
    finally:
        shop.rt.db.command("collMod", "contacts", validator={})

    shop.now += timedelta(minutes=1)
    clock_strikes(shop)

    assert shop.contact(ASHA)["attributes"] == {"visits": 1, "seen": "shop"}


def test_a_campaign_that_its_own_trigger_failed_to_start_is_started_later(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from campaigns import life, service, start

    shop.says(ASHA, "hello")
    document = {**PRICE_LIST, "campaign": "cart", "category": "utility"}
    document |= {"trigger": {"event": "order_placed"}}
    service.define(shop.rt.db, "cart", document, "test", shop.now)
    life.start(shop.rt.db, "cart", "test", shop.now)
    with monkeypatch.context() as broken:
        broken.setattr(start, "start_for", lambda *_: 1 / 0)
        happens(shop, "1", "order_placed")
    assert shop.texts() == []

    shop.now += timedelta(minutes=1)
    clock_strikes(shop)

    assert shop.texts() == ["price_list"]


def test_of_who_is_erased_nothing_is_tried_again(
    shop: House, breaks: Callable[[type, int], list[int]]
) -> None:
    breaks(acts.SetAttributes, 1)
    shop.says(ASHA, "visit")
    due = shop.rt.db.fires.find_one({"kind": "retry_action"})
    assert due is not None

    erasure.erase(shop.rt.db, Identity(wa_id=ASHA), shop.now)
    assert again.journal_due(shop.rt, [due], shop.now) == {}  # type: ignore[list-item]  # a fire

    assert shop.rt.db.fires.count_documents({}) == 0
    assert shop.rt.db.inbox.count_documents({}) == 0


@pytest.mark.parametrize("recorded", [True, False])
def test_actions_happen_once_though_the_job_runs_again(shop: House, recorded: bool) -> None:
    """recorded: whether the worker died after or before it kept what it had done."""
    shop.says(ASHA, "visit")
    for _ in range(3):
        if not recorded:
            shop.rt.db.events.update_many({}, {"$set": {"actions": []}})
        shop.rt.db.inbox.update_many({}, {"$set": {"state": "new"}, "$unset": {"done_at": ""}})
        shop.drain()

    assert shop.texts() == ["welcome"]
    has = shop.contact(ASHA)
    assert has["attributes"] == {"seen": "shop", "visits": 1}
    assert has["segments"] == ["visitors"]
    assert shop.rt.db.fires.count_documents({"kind": "notify"}) == 1
    (suppressed,) = shop.rt.db.suppressions.find()
    assert len(suppressed["history"]) == 1
    assert outcomes(shop) == ["done"] * 6
