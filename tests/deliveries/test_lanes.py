"""Whose message goes next, and how fast a campaign may go."""

from collections import Counter
from datetime import timedelta

import pytest

from campaigns import life, service
from deliveries import caps, check, lanes, outbox, send
from store import templates
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


def test_a_higher_priority_goes_first_and_has_the_person_whom_both_want(market: Market) -> None:
    market.people(3)
    market.start()
    market.launch()
    market.later(seconds=30)
    urgent = {**OFFER, "campaign": "recall", "priority": 10}
    service.define(market.rt.db, "recall", urgent, "asha", market.now)
    life.start(market.rt.db, "recall", "asha", market.now)
    market.tick()

    rows = list(market.rt.db.deliveries.find())
    stands = Counter((row["campaign"], row["status"], row["reason"]) for row in rows)
    assert stands == {
        ("recall", "accepted", None): 3,
        ("diwali_offer", "skipped", "frequency_cap"): 3,
    }


def test_the_loser_waits_where_it_says_so(market: Market) -> None:
    market.people(1)
    market.start(limits={"when_capped": "wait"})
    market.launch()
    first = {**OFFER, "campaign": "recall", "priority": 10}
    service.define(market.rt.db, "recall", first, "asha", market.now)
    life.start(market.rt.db, "recall", "asha", market.now)
    market.tick()

    [waits] = market.rt.db.deliveries.find({"campaign": "diwali_offer"})
    assert (waits["status"], waits["reason"]) == ("pending", "frequency_cap")
    assert waits["due_at"] == market.now + timedelta(hours=24)
    market.later(hours=24)
    market.tick()
    assert sum(market.got().values()) == 2


def test_what_meets_the_night_is_dropped_where_it_says_so(market: Market) -> None:
    market.person(1, timezone="America/Los_Angeles")  # half past ten in the evening
    market.start(limits={"at_night": "drop"})
    market.tick()

    assert market.counters() == {"skipped": 1}
    assert market.run()["tallies"]["skipped"] == {"quiet_hours": 1}


def test_two_senders_that_both_passed_the_cap_send_one_of_two_messages(market: Market) -> None:
    """Each claims another campaign's message for the same person at the same moment."""
    market.people(1)
    market.start()
    market.launch()
    second = {**OFFER, "campaign": "holi_offer"}
    service.define(market.rt.db, "holi_offer", second, "asha", market.now)
    life.start(market.rt.db, "holi_offer", "asha", market.now)
    market.launch()
    both = lanes.lease(market.rt, market.now, 10)
    assert len(both) == 2
    for row in both:
        assert check.sort(market.rt, [row], market.now).allowed
    first, other = (send.claim(market.rt, [row], market.now) for row in both)

    rules = check.policy(market.rt.settings)
    over = [*caps.over(market.rt.db, first, rules, market.now),
            *caps.over(market.rt.db, other, rules, market.now)]  # fmt: skip

    assert over, "one of them at least gives way"


def test_a_sender_that_gives_way_leaves_the_message_to_the_gate(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.people(1)
    market.start()
    market.launch()
    monkeypatch.setattr(caps, "over", lambda _db, claimed, _rules, _now: list(claimed))

    assert market.send() == 0

    [row] = market.rt.db.deliveries.find()
    assert (row["status"], row["reason"], row["attempts"]) == ("pending", "frequency_cap", 0)
    monkeypatch.undo()
    market.later(seconds=6)
    market.tick()
    assert sum(market.got().values()) == 1


def test_a_template_that_became_marketing_is_held_to_consent_and_cap(market: Market) -> None:
    templates.change(market.rt.db, "price_list", "en", {"category": "UTILITY"})
    market.person(1, consent={"state": "unknown", "source": "import", "at": market.now})
    market.person(2)
    market.start()
    market.launch()
    assert market.counters() == {"pending": 2}
    templates.change(market.rt.db, "price_list", "en", {"category": "MARKETING"})

    market.send()

    assert market.counters() == {"accepted": 1, "skipped": 1}
    assert market.run()["tallies"]["skipped"] == {"no_opt_in": 1}
    [sent] = market.rt.db.deliveries.find({"status": "accepted"})
    assert sent["category"] == "marketing"
