"""A drip of five steps on a moved clock, whose clocks and workers are killed at random moments.

DRIP_PEOPLE says how many people go through it (100 where it is not set).
"""

import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns import life, service
from contacts.identity import Identity
from contacts.touch import new_contact
from reports import verify
from store import contacts
from tests.chaos.conftest import SEED
from tests.chaos.shop import Shop
from tests.clock import eventually

PEOPLE = int(os.environ.get("DRIP_PEOPLE") or "100")
STEPS = 5
DAY_S = 86_400
_STEP_S = 120 + PEOPLE / 50  # within which a step of all of them is done, kills included

VICTIMS = ("worker", "clock", "clock", "worker", "web")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    clock = str(tmp_path / "clock")
    opened = Shop(
        tmp_path,
        more={"CLOCK_FILE": clock, "MESSAGES_PER_S": "1000", "QUIET_HOURS": ""},
        simulator_options=("--clock-file", clock, "--keep", str(PEOPLE * STEPS + 1000)),
    )
    try:
        opened.open()
        yield opened
    finally:
        opened.close()


def document() -> dict[str, Any]:
    """A message a day, told apart by its number; no cap holds a utility back."""
    return {
        "type": "drip",
        "category": "utility",
        "enrol": {"segment": "course"},
        "steps": [
            {
                "after": f"{day} days",
                "message": {
                    "template": "order_update", "language": "en", "parameters": ["you", str(day)],
                },
            }
            for day in range(STEPS)
        ],
    }  # fmt: skip


def fill(shop: Shop, now: datetime) -> None:
    rows = []
    for number in range(PEOPLE):
        person = new_contact(Identity(wa_id=f"9197{number:08d}"), None, "test", now)
        person["segments"] = ["course"]
        rows.append(person)
        if len(rows) == 1000 or number == PEOPLE - 1:
            contacts.write_many(shop.rt.db, rows, [])
            rows = []


@pytest.mark.timeout(300 + PEOPLE / 5)
def test_each_person_gets_each_step_once_and_in_order_whatever_is_killed(shop: Shop) -> None:
    rng = random.Random(f"{SEED}:drip")
    db, now = shop.rt.db, datetime.now(UTC)
    fill(shop, now)
    service.define(db, "course", document(), "test", now)
    life.start(db, "course", "test", now)

    for day in range(STEPS):
        if day:
            shop.sim("POST", "clock", {"by_s": DAY_S})
        for victim in rng.sample(VICTIMS, 1 + day % 2):
            time.sleep(rng.random())
            shop.kill(victim)
            time.sleep(rng.random())
            shop.start(victim)
        wait_for(shop, day)

    expect_all_steps_once_and_in_order(shop)


def wait_for(shop: Shop, day: int) -> None:
    eventually(
        lambda: is_done(shop, day),
        within_s=_STEP_S,
        what=lambda: f"step {day} for everybody ({standing(shop)})",
    )


def is_done(shop: Shop, day: int) -> bool:
    """Whether everybody is owed this step, and nothing waits or is on its way: by the counters of
    the run, which are held to the deliveries in the end."""
    run = shop.rt.db.runs.find_one({"campaign": "course"}) or {}
    counters = {name: count for name, count in run.get("counters", {}).items() if count}
    under_way = counters.keys() & {"pending", "sending"}
    return not under_way and sum(counters.values()) == PEOPLE * (day + 1)


def standing(shop: Shop) -> dict[str, Any]:
    """What there is to see of one that does not get on."""
    db = shop.rt.db
    steps = db.enrolments.aggregate([{"$group": {"_id": "$step", "n": {"$sum": 1}}}])
    stages = db.deliveries.aggregate([{"$group": {"_id": "$status", "n": {"$sum": 1}}}])
    run = db.runs.find_one({"campaign": "course"}) or {}
    return {
        "before step": {row["_id"]: row["n"] for row in steps},
        "deliveries": {row["_id"]: row["n"] for row in stages},
        "counters": run.get("counters"),
    }


def expect_all_steps_once_and_in_order(shop: Shop) -> None:
    db = shop.rt.db
    assert db.enrolments.distinct("state") == ["completed"]
    assert db.fires.count_documents({"kind": "step"}) == 0
    assert db.deliveries.count_documents({"campaign": "course"}) == PEOPLE * STEPS
    sent = shop.sim("GET", "sent")["sent"]
    twice = [data for data, n in Counter(one["callback_data"] for one in sent).items() if n > 1]
    assert not twice, "Meta got the same delivery more than once"
    got: dict[str, list[int]] = defaultdict(list)
    for one in sent:
        body = one["body"]["template"]["components"][0]["parameters"]
        got[one["wa_id"]].append(int(body[1]["text"]))
    in_doubt = Counter(
        (db.contacts.find_one({"_id": row["contact_id"]}) or {}).get("wa_id")
        for row in db.deliveries.find({"status": "unknown"})
    )
    for number in range(PEOPLE):
        person = f"9197{number:08d}"
        assert got[person] == sorted(set(got[person])), "in order, none twice"
        assert len(got[person]) + in_doubt[person] == STEPS
    assert verify.problems(db) == []
