"""What waits for its time: cancelled by the event it says, void with its run, and owed once."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, service, start, templates
from campaigns.start import Cause
from campaigns.triggers import Happening, Triggers
from contacts import handover
from deliveries import lanes
from runtime import Runtime
from store import fires
from store.documents.contact import Contact
from tests.campaigns.test_documents import GOOD
from tests.clock import NOW
from tests.makers import BILAL, make_contact

DELAYED: dict[str, Any] = {
    **GOOD,
    "trigger": {"event": "cart_abandoned"},
    "delay": "30m",
    "cancel_if": {"event": "order_placed"},
}
LATER = NOW + timedelta(minutes=31)


@pytest.fixture
def asha(rt: Runtime) -> Contact:
    templates.sync(rt, NOW)
    return make_contact(rt.db, name="Asha Kulkarni")


def campaign(rt: Runtime, **changes: Any) -> None:
    service.define(rt.db, "price_list", {**DELAYED, **changes}, "test", NOW)
    life.start(rt.db, "price_list", "test", NOW)


def begin(rt: Runtime, who: Contact, event: str = "e:1") -> None:
    start.start_for(rt, "price_list", who, Cause(event_id=event, at=NOW, answer=False), NOW)


def taken_back(rt: Runtime, who: Contact, event: str) -> int:
    names = Triggers.of(rt.db).cancelled_by(Happening(event, NOW))
    return start.cancel_waiting(rt, who, names)


def fire_all(rt: Runtime) -> int:
    """Everything that is due is fired; how many messages are owed."""
    while (due := fires.claim_due(rt.db, LATER)) is not None:
        again = start.fire(rt, due, LATER)
        if again is None:
            fires.finish(rt.db, due)
        else:
            fires.postpone(rt.db, due, again)
    return int(rt.db.deliveries.count_documents({"status": "pending"}))


def test_the_event_it_is_cancelled_by_cancels_it_for_that_person(
    rt: Runtime, asha: Contact
) -> None:
    bilal = make_contact(rt.db, BILAL)
    campaign(rt)
    begin(rt, asha)
    begin(rt, bilal, "e:2")

    assert taken_back(rt, asha, "page_seen") == 0
    assert taken_back(rt, asha, "order_placed") == 1
    assert taken_back(rt, asha, "order_placed") == 0

    assert fire_all(rt) == 1
    assert rt.db.deliveries.find_one({"contact_id": bilal["_id"]}) is not None


def test_an_order_during_a_pause_cancels_too(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    begin(rt, asha)
    life.pause(rt.db, "price_list", "test", NOW)
    taken_back(rt, asha, "order_placed")
    life.resume(rt.db, "price_list", "test", NOW)

    assert fire_all(rt) == 0


def test_a_pause_keeps_what_waits_and_resuming_owes_it_once(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    begin(rt, asha)
    life.pause(rt.db, "price_list", "test", NOW)
    assert fire_all(rt) == 1
    assert not lanes.any_due(rt.db, LATER)

    life.resume(rt.db, "price_list", "test", NOW)

    assert lanes.any_due(rt.db, LATER)
    assert fire_all(rt) == 1


@pytest.mark.parametrize("again", [False, True])
def test_cancelling_voids_what_waits_though_it_is_begun_anew(
    rt: Runtime, asha: Contact, again: bool
) -> None:
    campaign(rt)
    begin(rt, asha)
    life.cancel(rt.db, "price_list", "test", NOW)
    if again:
        life.start(rt.db, "price_list", "test", NOW)

    assert fire_all(rt) == 0
    assert rt.db.fires.count_documents({}) == 0


def test_a_person_who_is_gone_is_owed_nothing(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    begin(rt, asha)
    rt.db.contacts.delete_one({"_id": asha["_id"]})

    assert fire_all(rt) == 0


def test_a_clock_that_died_after_owing_owes_no_more(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    begin(rt, asha)
    due = fires.claim_due(rt.db, LATER)
    assert due is not None
    start.fire(rt, due, LATER)  # and here it dies, before it said that it was done

    again = fires.claim_due(rt.db, LATER + timedelta(seconds=61))
    assert again is not None
    assert again["tries"] == 2
    start.fire(rt, again, LATER + timedelta(seconds=61))
    fires.finish(rt.db, due)
    assert rt.db.fires.count_documents({}) == 1, "the dead one's word counts no more"
    fires.finish(rt.db, again)

    assert rt.db.fires.count_documents({}) == 0
    assert rt.db.deliveries.count_documents({}) == 1


def test_two_events_that_wait_start_what_goes_once_once(rt: Runtime, asha: Contact) -> None:
    campaign(rt, reentry="once")
    begin(rt, asha, "e:1")
    begin(rt, asha, "e:2")

    assert fire_all(rt) == 1


def test_what_waited_is_filled_in_as_the_person_is_when_it_is_sent(
    rt: Runtime, asha: Contact
) -> None:
    campaign(rt)
    begin(rt, asha)
    rt.db.contacts.update_one({"_id": asha["_id"]}, {"$set": {"name": "Bilal Khan"}})
    fire_all(rt)

    (owed,) = rt.db.deliveries.find()
    parameters = owed["message"]["template"]["components"][0]["parameters"]
    assert parameters[0]["text"] == "Bilal"


@pytest.mark.parametrize(
    ("trigger", "on", "starts"),
    [
        ({"intent": "price"}, {"intents": ["price"], "name": "message"}, True),
        ({"intent": "price"}, {"intents": ["hours"], "name": "message"}, False),
        ({"button": "GO"}, {"name": "message", "button": "GO"}, True),
        ({"button": "GO"}, {"name": "message", "button": "NO"}, False),
        ({"event": "cart_abandoned"}, {"name": "cart_abandoned"}, True),
        ({"event": "cart_abandoned"}, {"name": "message"}, False),
    ],
)
@pytest.mark.parametrize("state", ["active", "paused"])
def test_its_own_trigger_names_a_campaign_that_was_begun(
    rt: Runtime,
    asha: Contact,
    trigger: dict[str, str],
    on: dict[str, Any],
    starts: bool,
    state: str,
) -> None:
    campaign(rt, trigger=trigger)
    if state == "paused":
        life.pause(rt.db, "price_list", "test", NOW)

    found = Triggers.of(rt.db).started_by(Happening(at=NOW, **on))

    assert found == (["price_list"] if starts and state in ("active", "paused") else [])


def hand_over(rt: Runtime, who: Contact, **until: Any) -> None:
    handed = handover.begun(NOW, NOW + timedelta(**until), "complaint", "")
    rt.db.contacts.update_one({"_id": who["_id"]}, {"$set": {"handed_over": handed}})


def test_while_an_agent_answers_a_delay_that_is_over_waits(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    begin(rt, asha)
    hand_over(rt, asha, hours=12)

    assert fire_all(rt) == 0
    [waits] = rt.db.fires.find()
    assert waits["due_at"] == LATER + timedelta(minutes=15)

    hand_over(rt, asha, minutes=30)
    rt.db.fires.update_many({}, {"$set": {"due_at": LATER}})
    assert fire_all(rt) == 1


def test_what_was_cancelled_does_not_wait_for_an_agent(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    begin(rt, asha)
    hand_over(rt, asha, hours=12)
    life.cancel(rt.db, "price_list", "test", NOW)

    fire_all(rt)

    assert rt.db.fires.count_documents({}) == 0
    assert rt.db.deliveries.count_documents({"reason": "campaign_cancelled"}) == 1
