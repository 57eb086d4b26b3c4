"""An audience is written down once, whole, whoever is killed meanwhile, and each left out with a
reason."""

from contextlib import suppress
from typing import Any

import pytest
from bson import ObjectId

from campaigns import content, launch, life, planning
from contacts import consent, segments
from contacts.filters.read import read
from contacts.identity import Identity
from store import launches, templates
from store.documents.segment import SegmentKind
from store.documents.suppression import Scope
from tests.campaigns.conftest import OFFER, Market
from tests.makers import ASHA, BILAL, CHEN, make_contact


def test_a_one_time_campaign_reaches_its_audience_and_ends(market: Market) -> None:
    people = market.people(7)
    market.person(99, segments=["staff"])

    assert market.start()["state"] == "running"
    market.tick()

    assert market.got() == {person["wa_id"]: 1 for person in people}
    assert market.campaign()["state"] == "completed"
    assert market.run()["ended_at"] == market.now
    assert [(one["state"], one["by"]) for one in market.campaign()["history"]] == [
        ("draft", "asha"), ("running", "asha"), ("completed", "drumbeat"),
    ]  # fmt: skip


def test_who_is_in_two_of_its_segments_gets_it_once(market: Market) -> None:
    asha = market.person(1, segments=["vip", "pune"])

    market.start()
    market.tick()

    assert market.got() == {asha["wa_id"]: 1}


def test_each_who_is_left_out_is_counted_by_the_reason(market: Market) -> None:
    def hold_back(number: int, scope: Scope) -> None:
        wa_id = market.person(number)["wa_id"]
        consent.suppress(
            market.rt.db, Identity(wa_id), scope=scope, until=None, source="api", reason=None,
            evidence="1", now=market.now,
        )  # fmt: skip

    market.people(3)
    hold_back(10, Scope.ALL)
    hold_back(11, Scope.MARKETING)
    market.person(12, consent={"state": "no", "source": "keyword", "at": market.now})
    market.person(13, consent={"state": "unknown", "source": "import", "at": market.now})
    market.person(14, attributes={"first_name": " "})
    market.person(15, segments=["vip", "staff"])

    market.start(
        audience={"segments": ["vip"], "exclude_segments": ["staff"]},
        category="marketing",
    )
    assert market.launch() == 8

    assert market.run()["excluded"] == {
        "suppressed": 1, "suppressed_marketing": 1, "opted_out": 1, "no_opt_in": 1,
        "missing_variable": 1,
    }  # fmt: skip
    assert market.counters() == {"pending": 3, "excluded": 5}
    market.tick()
    assert sum(market.got().values()) == 3


def test_a_free_text_reaches_only_those_in_their_window(market: Market) -> None:
    market.person(1)
    chen = market.person(2, window_until=market.now.replace(hour=23))

    market.start(message={"text": "Hello {{ contact.first_name }}"})
    market.launch()

    assert market.run()["excluded"] == {"window_closed": 1}
    [owed] = market.rt.db.deliveries.find({"status": "pending"})
    assert (owed["contact_id"], owed["message"]["text"]["body"]) == (chen["_id"], "Hello Somebody")


class Killed(BaseException):
    """The process is gone, in the middle of what it did."""


@pytest.mark.parametrize("dies", ["before the write", "after it"])
def test_a_launch_that_was_killed_goes_on_where_it_was(
    market: Market, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    people = market.people(25)
    monkeypatch.setattr(launch, "BATCH", 4)
    write = launches.write
    batches: list[int] = []

    def dying(*args: Any) -> int:
        batches.append(1)
        if len(batches) % 2 == 0 and dies == "before the write":
            raise Killed
        kept = write(*args)
        if len(batches) % 2 == 0:
            raise Killed
        return kept

    market.start()
    monkeypatch.setattr(launches, "write", dying)
    while market.run()["launch"]["done_at"] is None:
        with suppress(Killed):
            market.launch()
        assert market.launch() == 0, "its lease has not run out"
        market.later(seconds=11)
    market.send()

    assert market.counters() == {"accepted": 25}
    assert market.got() == {person["wa_id"]: 1 for person in people}


def test_two_launchers_at_once_write_everybody_down_once(market: Market) -> None:
    market.people(5)
    market.start()
    claimed = launches.claim(market.rt.db, market.now)
    assert claimed is not None
    market.later(seconds=11)

    assert market.launch() == 5  # the first one's lease ran out
    row = market.rt.db.deliveries.find_one()
    with pytest.raises(launches.LostLeaseError):
        launches.write(market.rt.db, claimed, [row], ObjectId(), market.now)  # type: ignore[list-item]  # any row
    assert market.counters() == {"pending": 5}


def test_two_contacts_that_became_one_person_are_in_it_once(market: Market) -> None:
    asha = market.person(1)
    market.start()
    run = launches.claim(market.rt.db, market.now)
    assert run is not None
    document: Any = content.document_of(market.campaign())
    plan = launch.plan_of(market.rt, market.campaign(), document, run)
    row = planning.row(plan, asha, None, market.now)
    launches.write(market.rt.db, run, [row], ObjectId("0" * 24), market.now)
    launches.postpone(market.rt.db, run, market.now)

    market.launch()

    assert market.counters() == {"pending": 1}
    assert market.run()["excluded"] == {"duplicate": 1}


def test_an_edit_counts_for_whoever_is_not_planned_yet(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.people(4)
    monkeypatch.setattr(launch, "BATCH", 2)
    market.start()
    looks: list[int] = []

    def after_one_batch() -> bool:
        looks.append(1)
        return len(looks) > 2

    launch.launch_due(market.rt, market.clock, after_one_batch)
    message = {**OFFER["message"], "parameters": {"first_name": "all of you"}}
    assert market.define(message=message)["version"] == 2
    market.launch()

    rows = list(market.rt.db.deliveries.find().sort("_id", 1))
    assert [row["triggered_by"]["campaign_version"] for row in rows] == [1, 1, 2, 2]
    assert "all of you" not in str(rows[0]["message"])
    assert "all of you" in str(rows[3]["message"])


def test_each_gets_it_at_their_own_hour(market: Market) -> None:
    market.rt.db.contacts.delete_many({})
    make_contact(market.rt.db, ASHA, segments=["vip"], timezone="Asia/Kolkata")
    make_contact(market.rt.db, BILAL, segments=["vip"], timezone="America/New_York")
    make_contact(market.rt.db, CHEN, segments=["vip"], timezone="Asia/Singapore")

    schedule = {"at": "2026-11-25T10:00", "timezone": "recipient"}
    market.start(schedule=schedule)
    assert market.campaign()["state"] == "scheduled"
    assert market.launch() == 0
    market.later(hours=13, minutes=31)  # the first clocks on Earth show ten
    market.launch()

    due = {row["contact_id"]: row["due_at"] for row in market.rt.db.deliveries.find()}
    hours = sorted(f"{at:%d %H:%M}" for at in due.values())
    assert hours == ["25 02:00", "25 04:30", "25 15:00"]


def test_a_scheduled_campaign_begins_when_its_time_comes(market: Market) -> None:
    market.people(1)
    market.start(schedule={"at": "2026-11-24T13:00", "timezone": "Asia/Kolkata"})
    market.tick()
    assert (market.campaign()["state"], market.got()) == ("scheduled", {})

    market.later(hours=1)
    market.tick()

    assert market.campaign()["state"] == "completed"
    assert len(market.got()) == 1


def test_a_scheduled_campaign_whose_time_is_changed_begins_then(market: Market) -> None:
    market.people(1)
    market.start(schedule={"at": "2026-11-24T13:00", "timezone": "Asia/Kolkata"})
    market.define(schedule={"at": "2026-11-24T14:00", "timezone": "Asia/Kolkata"})

    market.later(hours=1)
    market.tick()
    assert market.campaign()["state"] == "scheduled"
    market.later(hours=1)
    market.tick()
    assert market.campaign()["state"] == "completed"


def test_a_scheduled_campaign_whose_template_was_lost_fails_and_says_why(market: Market) -> None:
    market.people(1)
    market.start(schedule={"at": "2026-11-24T13:00", "timezone": "Asia/Kolkata"})
    templates.change(market.rt.db, "price_list", "en", {"status": "DISABLED"})

    market.later(hours=1)
    market.tick()

    assert market.campaign()["state"] == "failed"
    assert "disabled" in (market.campaign()["reason"] or "")
    templates.change(market.rt.db, "price_list", "en", {"status": "APPROVED"})
    market.define()
    life.start(market.rt.db, "diwali_offer", "asha", market.now)
    market.tick()
    assert market.campaign()["state"] == "completed"


def test_a_filter_and_a_live_segment_say_whom_it_means(market: Market) -> None:
    where = read({"attributes.spent": {"gte": 100}})
    segments.describe(market.rt.db, "rich", SegmentKind.LIVE, where, market.now)
    asha = market.person(1, segments=[], attributes={"spent": 500, "city": "Pune"})
    market.person(2, segments=[], attributes={"spent": 500, "city": "Goa"})
    market.person(3, segments=[], attributes={"spent": 5, "city": "Pune"})

    market.start(audience={"segments": ["rich"], "where": {"attributes.city": "Pune"}})
    market.tick()

    assert market.got() == {asha["wa_id"]: 1}
