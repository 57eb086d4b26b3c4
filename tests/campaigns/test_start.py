"""One event starts one campaign for one person, at most once, whoever names it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from campaigns import life, service, start, templates
from campaigns.start import Cause, Started, start_for
from deliveries import send
from reports import verify
from runtime import Runtime
from simulator import server as simulator
from store import contacts, fires
from store import templates as templates_kept
from store.documents.contact import Contact
from tests.campaigns.test_documents import GOOD
from tests.clock import NOW
from tests.conftest import control
from tests.makers import ASHA, make_contact


@pytest.fixture
def asha(rt: Runtime) -> Contact:
    templates.sync(rt, NOW)
    return make_contact(rt.db, name="Asha Kulkarni")


def campaign(rt: Runtime, **changes: Any) -> None:
    service.define(rt.db, "price_list", {**GOOD, **changes}, "test", NOW)
    life.start(rt.db, "price_list", "test", NOW)


def begin(rt: Runtime, asha: Contact, event: str = "m:1", **cause: Any) -> Started:
    given = {"at": NOW, "answer": True, **cause}
    return start_for(rt, "price_list", asha, Cause(event_id=event, **given), given["at"])


def owed(rt: Runtime) -> list[dict[str, Any]]:
    return list(rt.db.deliveries.find())


def test_one_event_starts_it_once(rt: Runtime, asha: Contact) -> None:
    campaign(rt)

    assert begin(rt, asha, rule="one").detail == "owed"
    assert begin(rt, asha, rule="another").detail == "owed already"
    assert len(owed(rt)) == 1


def test_what_is_owed_is_frozen_and_says_why(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    begin(rt, asha, rule="price_to_catalogue", rule_version=3)

    (row,) = owed(rt)
    template = row["message"]["template"]
    assert template["components"][0]["parameters"][0]["text"] == "Asha"
    assert row["category"] == "marketing"
    assert row["purpose"] == "answer"
    assert row["triggered_by"] == {
        "event_id": "m:1",
        "rule": "price_to_catalogue",
        "rule_version": 3,
        "campaign_version": 1,
    }


def test_what_a_person_did_not_ask_for_reaches_out(rt: Runtime, asha: Contact) -> None:
    campaign(rt, limits={"ignore_quiet_hours": True})
    begin(rt, asha, answer=False)

    assert owed(rt)[0]["purpose"] == "campaign"
    assert owed(rt)[0]["ignores"] == ["quiet_hours"]


@pytest.mark.parametrize(
    ("state", "says"), [("pause", "is paused"), ("cancel", "is cancelled"), (None, "there is no")]
)
def test_a_campaign_that_is_not_active_starts_for_nobody(
    rt: Runtime, asha: Contact, state: str | None, says: str
) -> None:
    if state is not None:
        campaign(rt)
        getattr(life, state)(rt.db, "price_list", "test", NOW)

    started = begin(rt, asha)

    assert not started.owed
    assert says in started.detail
    assert owed(rt) == []


@pytest.mark.parametrize(
    ("audience", "segments", "meant"),
    [
        ({"segments": ["vip"]}, ["vip", "pune"], True),
        ({"segments": ["vip"]}, ["pune"], False),
        ({"exclude_segments": ["staff"]}, ["pune"], True),
        ({"segments": ["vip"], "exclude_segments": ["staff"]}, ["vip", "staff"], False),
    ],
)
def test_only_its_audience_gets_it(
    rt: Runtime, asha: Contact, audience: dict[str, Any], segments: list[str], meant: bool
) -> None:
    campaign(rt, audience=audience)
    person = contacts.update(rt.db, asha["_id"], {"$set": {"segments": segments}})
    assert person is not None

    assert begin(rt, person).owed is meant


@pytest.mark.parametrize(
    ("reentry", "after", "again"),
    [
        ("always", timedelta(0), True),
        ("once", timedelta(days=900), False),
        ({"cooldown": "24h"}, timedelta(hours=23), False),
        ({"cooldown": "24h"}, timedelta(hours=25), True),
    ],
)
def test_who_had_it_before_gets_it_again_as_it_says(
    rt: Runtime, asha: Contact, reentry: Any, after: timedelta, again: bool
) -> None:
    campaign(rt, reentry=reentry)
    begin(rt, asha, "m:1")

    assert begin(rt, asha, "m:2", at=NOW + after).owed is again


def test_a_repeat_of_its_own_event_is_no_reentry(rt: Runtime, asha: Contact) -> None:
    campaign(rt, reentry="once")
    begin(rt, asha)

    assert begin(rt, asha).detail == "owed already"


def test_what_cannot_be_filled_in_is_skipped_by_name(rt: Runtime, asha: Contact) -> None:
    bare = {**GOOD["message"], "parameters": {"first_name": "{{ contact.nickname }}"}}
    campaign(rt, message=bare)

    assert begin(rt, asha).detail == "skipped: missing_variable"

    assert (owed(rt)[0]["status"], owed(rt)[0]["reason"]) == ("skipped", "missing_variable")
    run = rt.db.runs.find_one({})
    assert run is not None
    assert run["tallies"] == {"skipped": {"missing_variable": 1}}


def due(rt: Runtime, after: timedelta) -> Any:
    return fires.claim_due(rt.db, NOW + after)


def test_a_delay_is_a_fire_that_owes_once(rt: Runtime, asha: Contact) -> None:
    campaign(rt, delay="30m")
    for _ in range(2):
        assert "waits until" in begin(rt, asha).detail
    assert due(rt, timedelta(minutes=29)) is None

    fire = due(rt, timedelta(minutes=31))
    now = NOW + timedelta(minutes=31)
    assert start.fire(rt, fire, now) is None
    assert start.fire(rt, fire, now) is None  # its clock died before it was finished

    assert len(owed(rt)) == 1
    fires.finish(rt.db, fire)
    assert due(rt, timedelta(days=1)) is None


def test_a_fire_whose_clock_died_is_claimed_again(rt: Runtime, asha: Contact) -> None:
    campaign(rt, delay="30m")
    begin(rt, asha)

    assert due(rt, timedelta(minutes=31)) is not None
    assert due(rt, timedelta(minutes=31)) is None
    assert due(rt, timedelta(minutes=33)) is not None


def test_what_a_paused_campaign_owes_after_its_delay_waits_and_says_why(
    rt: Runtime, asha: Contact
) -> None:
    campaign(rt, delay="30m")
    begin(rt, asha)
    life.pause(rt.db, "price_list", "test", NOW)
    now = NOW + timedelta(minutes=31)

    assert start.fire(rt, due(rt, timedelta(minutes=31)), now) is None
    assert [(row["status"], row["reason"]) for row in owed(rt)] == [("pending", "campaign_paused")]


def test_fires_of_an_earlier_run_are_void(rt: Runtime, asha: Contact) -> None:
    campaign(rt, delay="30m")
    begin(rt, asha)
    life.cancel(rt.db, "price_list", "test", NOW)
    life.start(rt.db, "price_list", "test", NOW)

    assert start.fire(rt, due(rt, timedelta(hours=1)), NOW + timedelta(hours=1)) is None
    [row] = owed(rt)
    assert (row["status"], row["reason"]) == ("skipped", "campaign_cancelled")
    run = rt.db.runs.find_one({"_id": row["run_id"]})
    assert run is not None
    assert run["number"] == 1


CANCELLED_BY = {"cancel_if": {"event": "order_placed"}}


def test_what_cancels_it_takes_back_what_waits_for_the_morning(rt: Runtime, asha: Contact) -> None:
    campaign(rt, **CANCELLED_BY)
    begin(rt, asha, answer=False)

    assert start.cancel_waiting(rt, asha, ["price_list"]) == 1
    assert start.cancel_waiting(rt, asha, ["price_list"]) == 0

    assert (owed(rt)[0]["status"], owed(rt)[0]["reason"]) == ("skipped", "cancelled_by_event")
    assert verify.problems(rt.db) == []


@pytest.mark.parametrize("status", ["sending", "unknown", "accepted", "read", "failed"])
def test_what_cancels_it_leaves_alone_what_is_under_way(
    rt: Runtime, asha: Contact, status: str
) -> None:
    campaign(rt, **CANCELLED_BY)
    begin(rt, asha, answer=False)
    rt.db.deliveries.update_one({}, {"$set": {"status": status}})

    assert start.cancel_waiting(rt, asha, ["price_list"]) == 0
    assert owed(rt)[0]["status"] == status


def test_a_delay_counts_from_the_event_and_not_from_when_it_was_handled(
    rt: Runtime, asha: Contact
) -> None:
    campaign(rt, delay="30m")
    start_for(rt, "price_list", asha, Cause("m:1", NOW, True), NOW + timedelta(minutes=20))

    assert due(rt, timedelta(minutes=30)) is not None


@pytest.mark.parametrize(
    ("metas", "own", "expected"),
    [
        ("MARKETING", None, "marketing"),
        ("MARKETING", "utility", "marketing"),  # or the cap and consent could be written away
        ("UTILITY", None, "utility"),
        ("UTILITY", "marketing", "marketing"),
        ("UTILITY", "service", "service"),
    ],
)
def test_its_category_is_its_own_but_a_marketing_template_is_marketing(
    rt: Runtime, asha: Contact, metas: str, own: str | None, expected: str
) -> None:
    templates_kept.change(rt.db, "price_list", "en", {"category": metas})
    campaign(rt, category=own)
    begin(rt, asha)

    assert owed(rt)[0]["category"] == expected


def test_of_an_unknown_template_the_strictest_is_taken(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    rt.db.templates.delete_many({})
    begin(rt, asha)

    assert owed(rt)[0]["category"] == "marketing"


def test_eight_workers_with_one_event_owe_one(rt: Runtime, asha: Contact) -> None:
    campaign(rt)
    with ThreadPoolExecutor(8) as pool:
        details = list(pool.map(lambda _: begin(rt, asha).detail, range(16)))

    assert details.count("owed") == 1
    assert len(owed(rt)) == 1
    assert verify.problems(rt.db) == []


@pytest.mark.parametrize("shape", ["NAMED", "POSITIONAL"])
def test_meta_takes_a_template_whose_header_and_body_have_variables(
    rt: Runtime, meta: simulator.Handle, asha: Contact, shape: str
) -> None:
    named = shape == "NAMED"
    order, first, second = ("order", "name", "day") if named else ("1", "1", "2")
    body = f"Hi {{{{{first}}}}}, it comes on {{{{{second}}}}}."
    template = {
        "id": "1", "name": "order_sent", "language": "en", "status": "APPROVED",
        "category": "UTILITY", "parameter_format": shape, "components": [
            {"type": "HEADER", "format": "TEXT", "text": f"Order {{{{{order}}}}}"},
            {"type": "BODY", "text": body},
        ],
    }  # fmt: skip
    control(meta, "PUT", "templates", {"data": [template]})
    templates.sync(rt, NOW)
    message = {
        "template": "order_sent",
        "language": "en",
        "header": {"text": "A-1001"},
        "parameters": {second: "Monday", first: "{{ contact.first_name }}"},
    }
    campaign(rt, message=message)
    begin(rt, asha)

    send.send_due(rt, lambda: NOW)

    (row,) = owed(rt)
    assert (row["status"], row["error"]) == ("accepted", None)
    (sent,) = control(meta, "GET", f"people/{ASHA}/messages")["messages"]
    assert "Hi Asha, it comes on Monday." in str(sent)
    assert "Order A-1001" in str(sent)


def test_what_was_skipped_hides_nothing_that_was_had(rt: Runtime, asha: Contact) -> None:
    campaign(rt, reentry="once")
    begin(rt, asha, "m:1")
    rt.db.deliveries.insert_one(
        {**owed(rt)[0], "_id": ObjectId(), "cause": "event:m:2", "status": "skipped",
         "created_at": NOW + timedelta(minutes=1)}
    )  # fmt: skip

    assert not begin(rt, asha, "m:3", at=NOW + timedelta(minutes=2)).owed


def test_what_failed_was_never_had(rt: Runtime, asha: Contact) -> None:
    campaign(rt, reentry="once")
    begin(rt, asha, "m:1")
    rt.db.deliveries.update_many({}, {"$set": {"status": "failed"}})

    assert begin(rt, asha, "m:2").owed
