"""Meta's limit of people in 24 hours: who is counted, who waits, and until when."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from bson import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import life, preview
from deliveries import number, reach
from store import reach as stored
from store.documents.contact import Contact
from store.documents.reach import Reach
from tests.campaigns.conftest import Market
from tests.campaigns.conftest import market as market  # the fixture
from tests.clock import NOW
from tests.conftest import PHONE_NUMBER_ID, WABA_ID, control
from whatsapp.client import WhatsApp

PEOPLE = [ObjectId() for _ in range(12)]
DAY = timedelta(days=1)


def limited(market: Market, people: int | None) -> None:
    tier = "TIER_UNLIMITED" if people is None else f"TIER_{people}"
    control(market.meta, "PUT", "settings", {"messaging_limit": tier})
    reach.told(market.rt, people, market.now)


def waiting(market: Market) -> list[datetime]:
    rows = market.rt.db.deliveries.find({"status": "pending", "reason": "messaging_limit"})
    return sorted(row["due_at"] for row in rows)


def test_what_is_past_the_limit_waits_for_the_first_to_be_counted_no_more(market: Market) -> None:
    limited(market, 3)
    market.people(5)
    market.start()
    market.tick()

    assert market.counters() == {"accepted": 3, "pending": 2}
    due = waiting(market)
    assert all(DAY <= at - market.now <= DAY + timedelta(minutes=5) for at in due)

    market.now = due[-1]
    market.tick()
    assert market.counters() == {"accepted": 5}


def test_with_drop_it_is_skipped(market: Market) -> None:
    limited(market, 3)
    market.people(5)
    market.start(limits={"over_limit": "drop"})
    market.tick()

    assert market.counters() == {"accepted": 3, "skipped": 2}
    assert market.run()["tallies"]["skipped"] == {"messaging_limit": 2}


def test_whoever_wrote_within_a_day_is_not_counted(market: Market) -> None:
    limited(market, 1)
    for place in range(3):
        market.person(place, window_until=market.now + timedelta(hours=1))
    market.person(9)
    market.start()
    market.tick()

    assert market.counters() == {"accepted": 4}


def test_who_is_counted_already_may_be_written_to_again(market: Market) -> None:
    limited(market, 2)
    market.people(2)
    market.start(limits={"ignore_frequency_cap": True})
    market.tick()
    market.later(hours=1)
    market.define(campaign="recall", limits={"ignore_frequency_cap": True})
    life.start(market.rt.db, "recall", "asha", market.now)
    market.tick()

    assert market.counters() == {"accepted": 2}


def test_a_raised_limit_lets_go_at_once_what_waited_for_it(market: Market) -> None:
    limited(market, 1)
    market.people(3)
    market.start()
    market.tick()
    assert len(waiting(market)) == 2

    limited(market, 2)
    market.tick()
    assert market.counters() == {"accepted": 2, "pending": 1}

    limited(market, None)
    market.tick()
    assert market.counters() == {"accepted": 3}


def test_many_senders_together_stay_within_it(market: Market) -> None:
    limited(market, 10)
    slot = reach.slot_of(market.now)
    groups = [[ObjectId() for _ in range(3)] for _ in range(12)]

    def take(group: list[ObjectId]) -> int:
        shared = stored.take(
            market.rt.db, market.rt.whatsapp.waba_id, group, slot, market.now,
            lambda row, known: reach.share(row, known, group, market.now),
        )  # fmt: skip
        return len(shared.granted)

    with ThreadPoolExecutor(6) as crew:
        granted = sum(crew.map(take, groups))

    assert granted == 10
    assert market.rt.db.reached.count_documents({}) == 10
    row = stored.find(market.rt.db, market.rt.whatsapp.waba_id)
    assert reach.used(row, market.now) == 10


def test_a_launch_asks_meta_for_the_limit(market: Market) -> None:
    control(market.meta, "PUT", "settings", {"messaging_limit": "TIER_250"})
    market.people(1)
    market.start()
    market.launch()

    row = stored.find(market.rt.db, market.rt.whatsapp.waba_id)
    assert row is not None
    assert row.get("limit") == 250


def test_a_preview_tells_whom_the_limit_holds_back(market: Market) -> None:
    limited(market, 3)
    market.people(5)
    market.person(7, window_until=market.now + DAY)
    market.define()

    seen = preview.of(market.rt, "diwali_offer", market.now)

    assert (seen.messages, seen.waiting_by_reason) == (6, {"messaging_limit": 2})
    assert any("3 people in 24 hours" in sentence for sentence in seen.warnings)
    assert seen.estimated_duration_s == DAY.total_seconds()

    market.define(limits={"over_limit": "drop"})
    seen = preview.of(market.rt, "diwali_offer", market.now)
    assert (seen.messages, seen.excluded_by_reason) == (4, {"messaging_limit": 2})


def test_an_audience_that_would_take_months_is_a_blocker(market: Market) -> None:
    control(market.meta, "PUT", "settings", {"messaging_limit": "TIER_1"})
    market.people(33)
    market.define()

    [blocker] = preview.of(market.rt, "diwali_offer", market.now).blockers
    assert "it takes 32 days" in blocker


def test_a_bad_token_is_found_before_anything_was_sent(market: Market) -> None:
    market.define()
    asks = WhatsApp(market.meta.url, "v25.0", "expired", PHONE_NUMBER_ID, WABA_ID)
    rt = replace(market.rt, whatsapp=asks)

    seen = preview.of(rt, "diwali_offer", market.now)

    assert any("Meta's 190" in sentence for sentence in seen.blockers)
    assert number.stops_sending(number.look(rt, market.now))


def test_meta_is_asked_once_a_minute_at_most(market: Market) -> None:
    number.look(market.rt, market.now)
    asked = control(market.meta, "GET", "counts")

    assert number.look(market.rt, market.now + timedelta(seconds=59))["at"] == market.now
    assert control(market.meta, "GET", "counts") == asked
    later = market.now + timedelta(seconds=61)
    assert number.look(market.rt, later)["at"] == later


def contact(**fields: object) -> Contact:
    return {"window_until": None, **fields}  # type: ignore[typeddict-item]  # all it looks at


@pytest.mark.parametrize(
    ("kind", "until", "counted"),
    [
        ("template", None, True),
        ("template", NOW, True),
        ("template", NOW + timedelta(seconds=1), False),
        ("text", None, False),
    ],
)
def test_a_template_outside_the_window_counts(
    kind: str, until: datetime | None, counted: bool
) -> None:
    owed = {"message": {"type": kind}}
    assert reach.counts(owed, contact(window_until=until), NOW) is counted  # type: ignore[arg-type]  # as above


steps = st.lists(
    st.tuples(
        st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=5),
        st.integers(0, 30 * 3600),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(limit=st.integers(1, 6), moves=steps)
def test_in_no_day_are_more_people_written_to_than_the_limit(
    limit: int, moves: list[tuple[list[ObjectId], int]]
) -> None:
    row: Reach = {"_id": "1", "limit": limit}
    known: dict[ObjectId, int] = {}
    sent: list[tuple[datetime, ObjectId]] = []
    now = NOW
    for wanted, pause_s in moves:
        now += timedelta(seconds=pause_s)
        shared = reach.share(row, known, wanted, now)
        row = {
            "_id": "1", "limit": limit,
            "people": {str(slot): count for slot, count in shared.people.items()},
            "promised": {str(slot): count for slot, count in shared.promised.items()},
        }  # fmt: skip
        known |= dict.fromkeys(shared.granted, reach.slot_of(now))
        sent += [(now, person) for person in shared.granted]
        assert set(wanted) == shared.granted | shared.waiting.keys()
        assert len({person for at, person in sent if at > now - DAY}) <= limit
        assert all(slot > reach.slot_of(now) for slot in shared.waiting.values())
        assert reach.used(row, now) == sum(reach.still_counted(s, now) for s in known.values())


def test_who_waits_is_spread_over_the_days_that_it_takes() -> None:
    row: Reach = {"_id": "1", "limit": 2}

    shared = reach.share(row, {}, PEOPLE[:7], NOW)

    here = reach.slot_of(NOW)
    assert [slot - here for slot in shared.waiting.values()] == [289, 289, 578, 578, 867]


def test_an_unlimited_number_costs_no_write(market: Market) -> None:
    limited(market, None)
    market.people(2)
    market.start()
    market.tick()

    assert market.rt.db.reached.count_documents({}) == 0
