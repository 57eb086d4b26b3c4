"""A preview tells what a launch will do, and does nothing."""

from campaigns import preview
from store import senders, templates
from tests.campaigns.conftest import Market


def test_it_gives_the_numbers_of_the_launch_beforehand(market: Market) -> None:
    market.people(5)
    market.person(10, consent={"state": "no", "source": "keyword", "at": market.now})
    market.person(11, attributes={"first_name": " "})
    market.define()

    seen = preview.of(market.rt, "diwali_offer", market.now)

    assert (seen.audience, seen.messages, seen.exact) == (7, 5, True)
    assert seen.excluded_by_reason == {"opted_out": 1, "missing_variable": 1}
    assert seen.blockers == []
    assert (seen.rate_per_s, seen.next_fires) == (80, [market.now])
    assert market.rt.db.deliveries.count_documents({}) == 0
    market.start()
    market.launch()
    assert market.run()["excluded"] == seen.excluded_by_reason
    assert market.counters()["pending"] == seen.messages


def test_it_says_what_keeps_a_campaign_from_starting(market: Market) -> None:
    market.define()
    templates.change(market.rt.db, "price_list", "en", {"status": "PAUSED"})
    senders.block(
        market.rt.db, market.rt.whatsapp.phone_number_id, until=None, code=190,
        reason="The access token has expired or is wrong", now=market.now,
    )  # fmt: skip

    seen = preview.of(market.rt, "diwali_offer", market.now)

    assert len(seen.blockers) == 2
    assert "is paused, not approved" in seen.blockers[0]
    assert "token has expired" in seen.blockers[1]
    assert "Nobody is in the audience." in seen.warnings


def test_it_warns_of_a_night_and_of_closed_windows(market: Market) -> None:
    market.person(1, timezone="America/Los_Angeles")  # half past ten in the evening
    market.define(message={"text": "Hello"}, category="marketing")

    seen = preview.of(market.rt, "diwali_offer", market.now)
    assert any("1 of 1 did not" in sentence for sentence in seen.warnings)

    market.define()
    seen = preview.of(market.rt, "diwali_offer", market.now)
    assert any("night where 1 of them" in sentence for sentence in seen.warnings)
    assert any("1 messages count as marketing" in sentence for sentence in seen.warnings)


def test_a_long_audience_is_looked_at_in_part_where_that_is_asked_for(market: Market) -> None:
    market.people(5)
    market.define()

    seen = preview.of(market.rt, "diwali_offer", market.now, at_most=3)

    assert (seen.audience, seen.exact) == (3, False)
    assert any("there are more" in sentence for sentence in seen.warnings)


def test_a_triggered_campaign_has_no_audience_to_count(market: Market) -> None:
    market.define(type="triggered", audience={})

    seen = preview.of(market.rt, "diwali_offer", market.now)

    assert (seen.audience, seen.messages) == (None, None)
