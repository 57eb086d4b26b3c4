"""A campaign that fails stops by itself and says why."""

import pytest

from campaigns import ending, failing, life
from campaigns.documents import read
from store import senders
from tests.campaigns.conftest import OFFER, Market
from tests.conftest import control


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failing, "BATCH", 8)


def fails(market: Market, *codes: int) -> None:
    faults = [{"kind": "error", "code": code} for code in codes]
    control(market.meta, "PUT", "faults", {"next": faults})


def test_too_many_failures_of_a_batch_pause_it(market: Market) -> None:
    market.people(10)
    market.start()
    market.launch()
    fails(market, 131026, 131026, 131026)
    market.send()

    ending.sweep(market.rt, market.now)

    assert market.campaign()["state"] == "paused"
    reason = market.campaign()["reason"]
    assert reason == "3 of the last 10 messages failed; it stops at 25%"


def test_failures_within_its_share_do_not(market: Market) -> None:
    market.people(10)
    market.start(limits={"stop_if_failing": "30%"})
    market.launch()
    fails(market, 131026, 131026, 131026)
    market.send()

    ending.sweep(market.rt, market.now)

    assert market.campaign()["state"] == "completed"


def test_a_batch_that_was_judged_is_not_judged_again(market: Market) -> None:
    market.people(10)
    market.start()
    market.launch()
    fails(market, *[131026] * 10)
    market.send()
    ending.sweep(market.rt, market.now)
    assert market.campaign()["state"] == "paused"

    life.resume(market.rt.db, "diwali_offer", "asha", market.now)
    ending.sweep(market.rt, market.now)

    assert market.campaign()["state"] == "completed"


def test_it_may_be_told_never_to(market: Market) -> None:
    assert read({**OFFER, "limits": {"stop_if_failing": None}}).limits.stop_if_failing is None
    assert read(OFFER).limits.stop_if_failing == 0.25


def test_a_flagged_number_pauses_the_campaign_that_found_it_out(market: Market) -> None:
    market.people(3)
    market.start()
    market.launch()
    fails(market, 131048)
    market.send()

    assert market.campaign()["state"] == "paused"
    assert "131048" in (market.campaign()["reason"] or "")
    assert senders.blocked(
        senders.find(market.rt.db, market.rt.whatsapp.phone_number_id), market.now
    )


def test_a_bad_token_stops_the_sending_and_keeps_everything(market: Market) -> None:
    people = market.people(5)
    market.start()
    market.launch()
    fails(market, 190)
    market.send()
    assert market.campaign()["state"] == "running"
    assert market.counters()["pending"] >= 1

    market.later(seconds=61)
    market.tick()
    market.later(seconds=61)
    market.tick()

    assert market.got() == {person["wa_id"]: 1 for person in people}
    assert market.campaign()["state"] == "completed"
