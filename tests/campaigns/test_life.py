"""The life of a campaign with an audience: paused, resumed, cancelled, ended, retried."""

import pytest

from campaigns import ending, life
from campaigns.service import ImpossibleStepError
from tests.campaigns.conftest import Market
from tests.conftest import control


def test_a_pause_stops_the_sending_and_a_resume_sends_the_rest_once(market: Market) -> None:
    people = market.people(6)
    market.start()
    market.launch()
    life.pause(market.rt.db, "diwali_offer", "asha", market.now)

    assert market.send() == 0
    assert market.counters() == {"pending": 6}

    life.resume(market.rt.db, "diwali_offer", "asha", market.now)
    market.tick()
    assert market.got() == {person["wa_id"]: 1 for person in people}
    assert market.campaign()["state"] == "completed"


def test_a_pause_before_the_launch_holds_that_back_too(market: Market) -> None:
    market.people(2)
    market.start()
    life.pause(market.rt.db, "diwali_offer", "asha", market.now)
    assert market.launch() == 0

    life.resume(market.rt.db, "diwali_offer", "asha", market.now)
    market.later(seconds=6)
    market.tick()

    assert market.campaign()["state"] == "completed"


def test_a_scheduled_campaign_that_is_paused_waits_for_its_time_all_the_same(
    market: Market,
) -> None:
    market.people(1)
    market.start(schedule={"at": "2026-11-24T13:00", "timezone": "Asia/Kolkata"})
    life.pause(market.rt.db, "diwali_offer", "asha", market.now)

    resumed = life.resume(market.rt.db, "diwali_offer", "asha", market.now)
    assert resumed["state"] == "scheduled"
    life.pause(market.rt.db, "diwali_offer", "asha", market.now)
    market.later(hours=2)
    market.tick()
    resumed = life.resume(market.rt.db, "diwali_offer", "asha", market.now)
    market.later(seconds=6)
    market.tick()

    assert market.campaign()["state"] == "completed"
    assert len(market.got()) == 1


def test_what_a_cancelled_campaign_still_owed_is_skipped_and_says_so(market: Market) -> None:
    market.people(4)
    market.start()
    market.launch()

    life.cancel(market.rt.db, "diwali_offer", "asha", market.now)
    market.tick()

    assert market.counters() == {"skipped": 4}
    assert market.run()["tallies"]["skipped"] == {"campaign_cancelled": 4}
    assert market.got() == {}


def test_a_cancelled_launch_plans_nobody_more(market: Market) -> None:
    market.people(2)
    market.start()
    life.cancel(market.rt.db, "diwali_offer", "asha", market.now)

    market.tick()

    assert market.counters() == {}
    assert market.run()["launch"]["due_at"] is None


def test_what_has_gone_out_is_not_started_again(market: Market) -> None:
    market.people(1)
    market.start()
    market.tick()

    with pytest.raises(ImpossibleStepError, match="goes out once; duplicate it"):
        life.start(market.rt.db, "diwali_offer", "asha", market.now)


def test_what_was_cancelled_before_anybody_got_it_may_be_started_again(market: Market) -> None:
    market.people(1)
    market.start()
    life.cancel(market.rt.db, "diwali_offer", "asha", market.now)
    market.tick()

    life.start(market.rt.db, "diwali_offer", "asha", market.now)
    market.tick()

    assert market.campaign()["state"] == "completed"
    assert len(market.got()) == 1


def test_a_time_that_is_over_is_no_start(market: Market) -> None:
    market.define(schedule={"at": "2026-11-24T11:00", "timezone": "Asia/Kolkata"})

    with pytest.raises(ImpossibleStepError, match="is over: give it a later one"):
        life.start(market.rt.db, "diwali_offer", "asha", market.now)


def test_those_whom_it_failed_to_reach_are_written_to_in_a_linked_run(market: Market) -> None:
    market.people(4)
    control(market.meta, "PUT", "faults", {"next": [{"kind": "error", "code": 131026}] * 2})
    market.start()
    market.tick()
    assert market.counters() == {"accepted": 2, "failed": 2}
    first = market.run()

    life.retry_failed(market.rt.db, "diwali_offer", "asha", market.now)
    market.tick()

    assert market.run()["retry_of"] == first["_id"]
    assert market.counters() == {"accepted": 2}
    assert sorted(market.got().values()) == [1, 1, 1, 1]
    assert market.campaign()["state"] == "completed"
    with pytest.raises(ImpossibleStepError, match="nothing failed in run 2"):
        life.retry_failed(market.rt.db, "diwali_offer", "asha", market.now)


def test_a_run_is_not_over_while_something_waits_or_is_on_its_way(market: Market) -> None:
    market.people(2)
    control(market.meta, "PUT", "faults", {"next": [{"kind": "error", "code": 131000}]})
    market.start()
    market.tick()
    assert market.counters() == {"accepted": 1, "pending": 1}
    assert market.campaign()["state"] == "running"

    market.later(seconds=10)
    market.tick()

    assert market.campaign()["state"] == "completed"
    ending.sweep(market.rt, market.now)
    assert len([one for one in market.campaign()["history"] if one["state"] == "completed"]) == 1
