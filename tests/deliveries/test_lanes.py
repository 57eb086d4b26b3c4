"""Whose message goes next, and how fast a campaign may go."""

from collections import Counter

from campaigns import life, service
from deliveries import lanes, outbox
from tests.campaigns.conftest import OFFER, Market
from tests.campaigns.conftest import market as market  # the fixture
from tests.makers import order


def test_campaigns_take_turns(market: Market) -> None:
    market.people(60)
    market.start()
    market.launch()
    market.later(seconds=30)
    small = {**OFFER, "campaign": "holi_offer"}
    service.define(market.rt.db, "holi_offer", small, "asha", market.now)
    life.start(market.rt.db, "holi_offer", "asha", market.now)
    market.launch()

    batch = lanes.lease(market.rt, market.now, 20)

    assert Counter(row["campaign"] for row in batch) == {"diwali_offer": 10, "holi_offer": 10}


def test_what_one_lane_leaves_another_takes(market: Market) -> None:
    market.people(30)
    market.start()
    market.launch()

    assert len(lanes.lease(market.rt, market.now, 25)) == 25


def test_an_answer_goes_before_any_campaign(market: Market) -> None:
    market.people(30)
    market.start()
    market.launch()
    market.later(seconds=30)
    chen = market.person(77, segments=[])
    outbox.owe(market.rt.db, order(chen, due_at=market.now), market.now)

    assert lanes.lease(market.rt, market.now, 10)[0]["contact_id"] == chen["_id"]


def test_a_campaign_goes_no_faster_than_it_says(market: Market) -> None:
    market.people(30)
    market.start(limits={"rate_per_s": 5})
    market.launch()

    leased = [len(lanes.lease(market.rt, market.now, 128)) for _ in range(5)]

    assert leased[0] == 5
    assert sum(leased) <= 6


def test_a_paused_campaign_is_not_looked_at(market: Market) -> None:
    market.people(3)
    market.start()
    market.launch()
    life.pause(market.rt.db, "diwali_offer", "asha", market.now)

    assert not lanes.any_due(market.rt.db, market.now)
    assert lanes.lease(market.rt, market.now, 10) == []
