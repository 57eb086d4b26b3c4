"""A campaign under fire: processes killed at random, faults at Meta, paused and resumed meanwhile.

CHAOS_MESSAGES is how many people it is for (2,000 where it is not set).
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns import life, service
from campaigns.service import ImpossibleStepError
from contacts.identity import Identity
from contacts.touch import new_contact
from reports import verify
from store import mongo
from store.mongo import StoreError
from tests.chaos.conftest import SEED
from tests.chaos.shop import SERVERS, Shop, waiting
from tests.clock import eventually

MESSAGES = int(os.environ.get("CHAOS_MESSAGES") or "2000")
VICTIMS = ("worker", "worker", "clock", "web", *SERVERS)
FAULTS: dict[str, Any] = {
    "latency_ms": [100, 100],
    "errors": [{"code": 131000, "share": 0.015}, {"code": 131026, "share": 0.01}],
    "async_errors": [{"code": 131026, "share": 0.01}],
    "timeout_before": 0.005,
    "timeout_after": 0.005,
    "http_5xx": 0.005,
}
OFFER: dict[str, Any] = {
    "campaign": "under_fire",
    "type": "one_time",
    "message": {"template": "price_list", "language": "en", "parameters": {"first_name": "you"}},
    "audience": {"segments": ["under_fire"]},
    "limits": {"ignore_quiet_hours": True},
}
_FIRE_S = 20.0 * max(1.0, MESSAGES / 2000)


class _Market(Shop):
    """A shop whose number Meta lets send fast."""

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "MESSAGES_PER_S": "200"}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Shop]:
    opened = _Market(tmp_path)
    try:
        opened.open()
        yield opened
    finally:
        opened.close()


@pytest.mark.timeout(400 + MESSAGES // 10)
def test_a_campaign_under_fire_writes_to_everybody_once_and_accounts_for_all(market: Shop) -> None:
    print(f"CHAOS_SEED={SEED}")  # noqa: T201  # shown where the test fails
    rng = random.Random(f"{SEED}:campaign")
    people = _people(market)
    market.sim("PUT", "faults", {**FAULTS, "seed": SEED})
    service.define(market.rt.db, "under_fire", OFFER, "chaos", _now())
    life.start(market.rt.db, "under_fire", "chaos", _now())

    # A fire that is over before the first message leaves would prove nothing.
    eventually(lambda: market.sim("GET", "counts")["accepted"] > 0, within_s=120, what="a message")
    ends = time.monotonic() + _FIRE_S
    while time.monotonic() < ends:
        time.sleep(rng.random() * 2)
        if rng.random() < 0.3:
            _take(lambda: life.pause(market.rt.db, "under_fire", "chaos", _now()))
            time.sleep(rng.random())
            _take(lambda: life.resume(market.rt.db, "under_fire", "chaos", _now()))
        victim = rng.choice(VICTIMS)
        market.kill(victim)
        time.sleep(rng.random())
        market.start(victim)
    market.sim("PUT", "faults", {})
    _take(lambda: life.resume(market.rt.db, "under_fire", "chaos", _now()))
    eventually(lambda: _is_over(market), within_s=300, what=lambda: f"the end ({_left(market)})")

    _expect_everybody_accounted_for(market, people)


def _expect_everybody_accounted_for(market: Shop, people: dict[Any, str]) -> None:
    db = market.rt.db
    sent = market.sim("GET", "sent")["sent"]
    arrived = Counter(one["wa_id"] for one in sent)
    assert max(arrived.values()) == 1, "somebody was written to twice"
    rows = list(db.deliveries.find({"campaign": "under_fire"}))
    assert Counter(row["contact_id"] for row in rows) == Counter(people.keys())
    run = db.runs.find_one({"campaign": "under_fire"})
    assert run is not None
    assert sum(run["counters"].values()) == MESSAGES
    for row in rows:
        there = arrived[people[row["contact_id"]]]
        if row["status"] == "unknown":
            assert row["reason"] == "sender_died" or row["error"] is not None
            assert there == 0, "Meta has it and says so; the status settles it"
        elif row["status"] == "failed":
            assert row["error"]["code"] == 131026
        else:
            assert row["status"] in ("accepted", "sent", "delivered", "read")
            assert there == 1
    assert verify.problems(db) == []


def _people(market: Shop) -> dict[Any, str]:
    """{their contact: their number}, all of whom agreed to marketing."""
    made = []
    for number in range(MESSAGES):
        person = new_contact(Identity(wa_id=f"9198{77_000_000 + number}"), "A", "chaos", _now())
        person["segments"] = ["under_fire"]
        person["consent"] = {"state": "yes", "source": "import", "at": _now()}  # type: ignore[typeddict-item]  # as it is kept
        made.append(person)
    mongo.contacts(market.rt.db).insert_many(made)
    return {person["_id"]: str(person["wa_id"]) for person in made}


def _is_over(market: Shop) -> bool:
    try:
        state = service.find(market.rt.db, "under_fire")["state"]
        return state == "completed" and not any(waiting(market).values())
    except StoreError:
        return False


def _left(market: Shop) -> dict[str, Any]:
    """What is not over yet, and what it waits for."""
    reasons = market.rt.db.deliveries.aggregate(
        [{"$group": {"_id": {"status": "$status", "reason": "$reason"}, "n": {"$sum": 1}}}]
    )
    campaign = service.find(market.rt.db, "under_fire")
    return {**waiting(market), "state": campaign["state"], "rows": list(reasons)}


def _take(step: Callable[[], object]) -> None:
    """A step of its life, again and again while a store is away; one that is not possible is not
    taken: the campaign is over already, say."""
    for _ in range(20):
        try:
            step()
        except ImpossibleStepError:
            return
        except StoreError:
            time.sleep(0.5)
        else:
            return


def _now() -> datetime:
    return datetime.now(UTC)
