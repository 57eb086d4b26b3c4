"""What would come of something, and why; asked as often as one likes, and nothing changes."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bson import json_util

from campaigns import life, service
from contacts import consent, handover, segments
from contacts.filters.read import read
from contacts.identity import Identity
from events import foresee, foretold
from events.foresee import Foreseen, Question
from events.foreseen import Step
from rules import publish
from rules.books import Books
from store.documents.segment import SegmentKind
from store.documents.suppression import Scope
from tests.clock import NOW
from tests.events.conftest import ASHA, BILAL, House

Ask = Callable[..., Foreseen]
NIGHT = NOW + timedelta(hours=12)  # half past midnight in Pune


@pytest.fixture
def ask(house: House) -> Ask:
    """ask(text, person=…): what would come of it now; checks that nothing was changed by asking."""

    def ask(text: str | None = None, person: str | None = None, **more: Any) -> Foreseen:
        contact = house.contact(person) if person else None
        question = Question(text=text, contact=contact, **more)
        book = house.books.current(house.rt.db)
        before = everything(house)
        seen = foresee.foresee(house.rt, book, question, house.now)
        assert foretold.render(seen)
        assert json.dumps(foretold.document(seen))
        assert everything(house) == before
        return seen

    return ask


def everything(house: House) -> dict[str, Any]:
    """All that MongoDB and Redis hold."""
    db, red = house.rt.db, house.rt.redis
    rows = {
        name: sorted(map(json_util.dumps, db[name].find()))
        for name in sorted(db.list_collection_names())
        if name != "system.profile"
    }
    keys = {str(key): (red.type(key), red.dump(key)) for key in sorted(red.keys("*"))}
    return {**rows, "redis": keys}


def steps(seen: Foreseen) -> list[Step]:
    return [step for told in seen.told for step in told.steps]


def held_back(seen: Foreseen) -> list[str | None]:
    return [step.held_back for step in steps(seen) if step.message is not None]


def test_what_would_be_done_is_told_in_order_with_the_message(house: House, ask: Ask) -> None:
    house.says(ASHA, "hello")

    seen = ask("the PRICE?", ASHA)

    assert [(one.rule, next(iter(one.action))) for one in steps(seen)] == [
        ("price_list", "start_campaign"),
        ("price_list", "set_attributes"),
        ("price_list", "add_to_segment"),
    ]
    first = steps(seen)[0]
    assert first.message is not None
    assert first.message["template"]["name"] == "price_list"
    assert held_back(seen) == [None]
    assert seen.before == ("It answers no campaign's message.",)
    assert "every check lets it through" in foretold.render(seen)


def test_it_is_what_then_happens(house: House, ask: Ask) -> None:
    house.says(ASHA, "hello")
    foreseen = steps(ask("price", ASHA))[0].message

    house.says(ASHA, "price")

    kept = house.rt.db.deliveries.find_one({"campaign": "price_list"})
    assert kept is not None
    assert kept["message"] == foreseen


def test_a_suppression_would_hold_it_back(house: House, ask: Ask) -> None:
    house.says(BILAL, "hello")
    suppress(house, BILAL)

    assert held_back(ask("price", BILAL)) == ["suppressed"]


def suppress(house: House, person: str) -> None:
    consent.suppress(
        house.rt.db, Identity(person), scope=Scope.ALL, until=None, source="admin",
        reason=None, evidence=None, now=house.now,
    )  # fmt: skip


def test_an_answer_is_not_held_back_by_the_night_but_what_reaches_out_is(
    house: House, ask: Ask
) -> None:
    define(house, "cart_reminder", {"trigger": {"event": "cart_abandoned"}})
    house.says(ASHA, "hello")
    house.now = NIGHT

    assert held_back(ask("price", ASHA)) == [None]
    reminded = ask(person=ASHA, event="cart_abandoned", properties={"total": 2400})
    assert [one.rule for one in steps(reminded)] == ["trigger of cart_reminder"]
    assert held_back(reminded) == ["quiet_hours"]
    assert steps(reminded)[0].until is not None
    assert "would wait (quiet_hours) until" in foretold.render(reminded)


def define(house: House, name: str, more: dict[str, Any]) -> None:
    document = {
        "campaign": name,
        "type": "triggered",
        "message": {"template": "price_list", "language": "en", "parameters": {"first_name": "x"}},
        **more,
    }
    service.define(house.rt.db, name, document, "test", house.now)
    life.start(house.rt.db, name, "test", house.now)


def test_a_stop_is_told_before_any_rule(house: House, ask: Ask) -> None:
    house.says(ASHA, "hello")

    seen = ask("Stop!", ASHA)

    assert "STOP is honoured before any rule is asked" in seen.before[-1]
    assert "confirmed once with:" in seen.before[-1]
    assert not steps(seen)
    assert "No rule is asked." in foretold.render(seen)

    house.says(ASHA, "STOP")
    assert "they were told before" in ask("stop", ASHA).before[-1]
    assert "START is honoured" in ask("START", ASHA).before[-1]


def test_an_answer_to_a_campaign_is_told_to_the_rules_as_one(house: House, ask: Ask) -> None:
    house.says(ASHA, "price")

    seen = ask("nice", ASHA)

    assert "price_list" in seen.before[0]
    assert [told.explanation.event for told in seen.told] == ["message", "replied"]
    assert [step.rule for step in steps(seen)] == ["answered"]
    document = foretold.document(seen)
    assert document["event"] == "message"
    assert [one["event"] for one in document["also"]] == ["replied"]
    assert [one["rule"] for one in document["would"]] == ["answered"]


def test_a_campaign_that_was_named_is_asked_about_though_nothing_was_sent(ask: Ask) -> None:
    seen = ask("nice", campaign="price_list")

    assert "asked as if it had been" in seen.before[1]
    assert [step.rule for step in steps(seen)] == ["answered"]


def test_what_became_of_a_campaigns_message_can_be_asked(ask: Ask) -> None:
    assert [step.rule for step in steps(ask(event="read", campaign="price_list"))] == ["seen"]
    assert "none was named" in ask(event="read").before[-2]
    assert "No rule looks at such an event" in ask(event="delivered", campaign="x").before[-1]


def test_a_reply_to_a_tap_is_shown_as_people_read_it(ask: Ask) -> None:
    seen = ask(button="SEE_OFFERS")

    assert held_back(seen) == [None]
    assert "“Which?”" in foretold.render(seen)


def test_what_a_paused_campaign_and_a_second_start_come_to_is_said(house: House, ask: Ask) -> None:
    house.says(ASHA, "hello")
    life.pause(house.rt.db, "price_list", "test", house.now)

    assert steps(ask("price", ASHA))[0].would == "campaign price_list is paused"


def test_a_delay_says_when_and_cancelling_events_what_they_take_back(
    house: House, ask: Ask
) -> None:
    more = {
        "trigger": {"event": "cart_abandoned"},
        "delay": "30m",
        "cancel_if": {"event": "order_placed"},
    }
    define(house, "cart_reminder", more)

    later = steps(ask(event="cart_abandoned"))[0]
    assert later.would.startswith("waits until 2026-11-24 07:00:00 UTC; the checks are asked then")
    assert ask(event="order_placed").before[1] == "Takes back what waits of campaign cart_reminder."


def test_while_an_agent_answers_nothing_is_said(house: House, ask: Ask) -> None:
    house.says(ASHA, "hello")
    begun = handover.begun(
        house.now - timedelta(minutes=1), house.now + timedelta(hours=1), "talk", ""
    )
    house.rt.db.contacts.update_one({"wa_id": ASHA}, {"$set": {"handed_over": begun}})

    seen = ask("price", ASHA)

    assert "An agent answers them now" in seen.before[-1]
    assert not steps(seen)
    assert "No rule is asked." in foretold.render(seen)


def test_somebody_in_a_live_segment_is_asked_as_in_it(house: House, ask: Ask) -> None:
    segments.describe(house.rt.db, "indians", SegmentKind.LIVE, read({"country": "IN"}), NOW)
    when = "{event: message, contact.segments: {has: indians}}"
    rule = f"rules: [{{rule: local, when: {when}, then: [reply: hi]}}]"
    publish.publish(house.rt.db, {"a.yaml": rule}, by="t", note="", now=NOW)
    house.books = Books(house.rt.settings)
    house.says(ASHA, "hello")

    assert [step.rule for step in steps(ask("hello", ASHA))] == ["local"]
    assert [step.rule for step in steps(ask("hello"))] == []
