"""Recurring campaigns whole: runs, pauses, edits, a day without us, on a clock that tests turn."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, preview, service
from campaigns.service import ImpossibleStepError
from reports import campaign as report
from store import campaigns, mongo
from store.documents.delivery import campaign_type
from tests.campaigns.conftest import OFFER, Market
from tests.clock import NOW
from workers.fires import strike

DAILY = {"every": "day", "at": "12:30", "timezone": "Asia/Kolkata"}  # half an hour from now
HALF = timedelta(minutes=30)
DAY = timedelta(days=1)


def begin(market: Market, /, schedule: dict[str, Any] | None = None, **changes: Any) -> None:
    market.define(type="recurring", schedule={**DAILY, **(schedule or {})}, **changes)
    life.start(market.rt.db, "diwali_offer", "asha", market.now)


def strike_at(market: Market, moment: Any) -> None:
    """The clock looks, and workers do what there is; twice, since one may wait for the other."""
    market.now = moment
    for _ in range(3):
        strike(market.rt, market.clock)
        market.tick()
        market.later(seconds=6)


def told(market: Market) -> dict[str, Any]:
    found = report.of_campaign(market.rt.db, "diwali_offer", market.rt.settings.timezone)
    assert found is not None
    return found


def skipped(market: Market) -> dict[str, int]:
    return dict(told(market)["occasions"]["skipped"])


def state(market: Market) -> str:
    return str(market.campaign()["state"])


def ran_on(market: Market) -> list[str]:
    return sorted(run["occasion"]["day"] for run in market.rt.db.runs.find())


def test_each_occasion_is_a_run_for_whoever_is_in_the_audience_then(market: Market) -> None:
    market.people(2)
    begin(market)
    strike_at(market, NOW)
    assert (state(market), market.got()) == ("active", {})

    strike_at(market, NOW + HALF)
    market.person(7)
    assert state(market) == "active"
    strike_at(market, NOW + HALF + DAY)

    assert sorted(market.got().values()) == [1, 2, 2]
    kinds = {campaign_type(row) for row in mongo.deliveries(market.rt.db).find()}
    assert kinds == {"recurring"}
    found = told(market)
    assert [run["funnel"]["targeted"] for run in found["runs"]] == [3, 2]
    assert found["funnel"]["targeted"] == 5
    assert [run["occasion"][:16] for run in found["runs"]] == [
        "2026-11-25T12:30", "2026-11-24T12:30",
    ]  # fmt: skip
    assert found["occasions"]["next_at"].startswith("2026-11-26T12:30")


def test_a_clock_that_dies_or_repeats_begins_no_occasion_twice(market: Market) -> None:
    market.people(1)
    begin(market)
    fire: Any = market.rt.db.fires.find_one({"kind": "occasion"})
    strike_at(market, NOW + HALF)
    market.rt.db.fires.replace_one({"_id": fire["_id"]}, fire)  # it never said that it was done

    for hour in (0, 1, 0, 1):
        strike_at(market, NOW + HALF + timedelta(hours=hour))

    assert ran_on(market) == ["2026-11-24"]
    assert list(market.got().values()) == [1]


@pytest.mark.parametrize(
    ("missed", "days", "let_go"),
    [
        ("skip", ["24", "28"], {"missed": 3}),
        ("once", ["24", "27", "28"], {"missed": 2}),
        ("catch_up", ["24", "25", "26", "27", "28"], {}),
    ],
)
def test_after_days_without_us_each_does_what_its_missed_says(
    market: Market, missed: str, days: list[str], let_go: dict[str, int]
) -> None:
    market.people(1)
    begin(market, {"missed": missed}, limits={"ignore_frequency_cap": True})
    strike_at(market, NOW + HALF)

    for hour in range(3):  # everything stood still for three days, and is back in the evening
        strike_at(market, NOW + 3 * DAY + timedelta(hours=4, minutes=hour))
    strike_at(market, NOW + HALF + 4 * DAY)

    assert ran_on(market) == [f"2026-11-{day}" for day in days]
    assert list(market.got().values()) == [len(days)]
    assert skipped(market) == let_go


def test_a_day_without_us_in_the_middle_of_a_run_loses_nobody(market: Market) -> None:
    market.people(3)
    begin(market)
    market.now = NOW + HALF
    strike(market.rt, market.clock)
    market.launch()  # and then everything stops

    for minute in range(2):
        strike_at(market, NOW + HALF + DAY + timedelta(hours=3, minutes=minute))

    assert set(market.got().values()) == {1}
    assert ran_on(market) == ["2026-11-24"]
    assert skipped(market) == {"missed": 1}


def test_runs_never_overlap(market: Market) -> None:
    market.people(1)
    begin(market)
    market.now = NOW + HALF
    strike(market.rt, market.clock)
    market.launch()
    for days in (1, 2):  # nobody sends for two days, but the clock goes on
        market.now = NOW + HALF + days * DAY
        strike(market.rt, market.clock)
    assert ran_on(market) == ["2026-11-24"]
    assert told(market)["occasions"]["waits"] is True

    strike_at(market, market.now + timedelta(minutes=1))

    assert ran_on(market) == ["2026-11-24", "2026-11-26"]
    assert skipped(market) == {"overlap": 1}


def test_what_falls_into_a_pause_is_let_go_and_counted(market: Market) -> None:
    market.people(1)
    begin(market, {"missed": "catch_up"})
    life.pause(market.rt.db, "diwali_offer", "asha", NOW)
    strike_at(market, NOW + HALF)
    life.resume(market.rt.db, "diwali_offer", "asha", market.now)
    assert state(market) == "active"

    strike_at(market, NOW + HALF + DAY)

    assert ran_on(market) == ["2026-11-25"]
    assert skipped(market) == {"paused": 1}


def test_a_pause_in_the_middle_of_a_run_holds_it_and_no_more(market: Market) -> None:
    market.people(1)
    begin(market)
    market.now = NOW + HALF
    strike(market.rt, market.clock)
    life.pause(market.rt.db, "diwali_offer", "asha", market.now)
    strike_at(market, market.now + HALF)
    assert market.got() == {}

    life.resume(market.rt.db, "diwali_offer", "asha", market.now)
    strike_at(market, market.now + HALF)

    assert list(market.got().values()) == [1]
    assert state(market) == "active"


def test_a_cancelled_one_runs_no_more_and_may_be_started_anew(market: Market) -> None:
    market.people(1)
    begin(market)
    life.cancel(market.rt.db, "diwali_offer", "asha", NOW)
    strike_at(market, NOW + HALF)
    assert (market.got(), market.rt.db.fires.count_documents({})) == ({}, 0)

    life.start(market.rt.db, "diwali_offer", "asha", market.now)
    strike_at(market, NOW + HALF + DAY)

    assert ran_on(market) == ["2026-11-25"]


def test_an_edit_while_it_goes_on_moves_what_comes(market: Market) -> None:
    market.people(1)
    begin(market)
    market.define(type="recurring", schedule={**DAILY, "at": "15:00"})
    strike_at(market, NOW + HALF)
    assert market.got() == {}

    strike_at(market, NOW + timedelta(hours=3))

    assert ran_on(market) == ["2026-11-24"]
    with pytest.raises(ImpossibleStepError, match="no time left"):
        market.define(type="recurring", schedule={**DAILY, "until": "2026-11-20"})
    with pytest.raises(ImpossibleStepError, match="recurring"):
        market.define(type="one_time")


def test_it_is_completed_after_its_last_time(market: Market) -> None:
    market.people(1)
    begin(market, {"count": 2})
    for days in (0, 1):
        assert state(market) == "active"
        strike_at(market, NOW + HALF + days * DAY)

    assert state(market) == "completed"
    assert market.rt.db.fires.count_documents({}) == 0


def test_the_same_person_does_not_get_it_again_too_soon(market: Market) -> None:
    market.people(1)
    begin(market, not_again_within="2 days")
    for days in range(3):
        strike_at(market, NOW + HALF + days * DAY)

    assert list(market.got().values()) == [2], "on the first day and the third"
    assert told(market)["excluded_by_reason"] == {"had_lately": 1}


def test_each_person_gets_it_at_the_hour_of_their_own_clock(market: Market) -> None:
    market.person(1, timezone="Asia/Tokyo")
    market.person(2, timezone="Asia/Kolkata")
    begin(market, {"timezone": "recipient", "at": "13:00", "starts": "2026-11-25"})
    for hour in range(24, 60):
        market.now = NOW + timedelta(hours=hour - 14)
        strike(market.rt, market.clock)
        market.tick()

    rows = list(market.rt.db.deliveries.find({"due_at": {"$lt": NOW + 2 * DAY}}).sort("due_at"))
    first = rows[:2]
    assert [row["due_at"].strftime("%d %H:%M") for row in first] == ["25 04:00", "25 07:30"]


def test_a_template_that_may_not_be_sent_any_more_holds_it_and_says_why(market: Market) -> None:
    market.people(1)
    begin(market)
    market.rt.db.templates.update_many({}, {"$set": {"status": "PAUSED"}})

    strike_at(market, NOW + HALF)

    held = market.campaign()
    assert held["state"] == "paused"
    assert "not approved" in str(held["reason"])
    assert skipped(market) == {"paused": 1}


def test_a_preview_tells_a_year_of_what_is_to_come(market: Market) -> None:
    market.people(2)
    document = {**OFFER, "type": "recurring", "schedule": {**DAILY, "every": "month"}}
    service.define(market.rt.db, "diwali_offer", document, "asha", NOW)

    found = preview.of(market.rt, "diwali_offer", NOW)

    assert len(found.next_fires) == 13
    assert (found.next_fires[0], found.audience) == (NOW + HALF, 2)
    assert found.blockers == []


def test_one_whose_schedule_is_over_is_not_started(market: Market) -> None:
    with pytest.raises(ImpossibleStepError, match="no time left"):
        begin(market, {"starts": "2026-01-01", "until": "2026-02-01"})


def test_a_run_whose_end_was_not_written_down_ends_later(market: Market) -> None:
    market.people(1)
    begin(market)
    strike_at(market, NOW + HALF)
    market.rt.db.runs.update_many({}, {"$set": {"ended_at": None}})

    market.tick()

    assert campaigns.runs_of(market.rt.db, "diwali_offer")[0]["ended_at"] is not None
    assert state(market) == "active"
