"""kill -9 of any one process at any moment, then a restart: nothing is lost, nothing sent twice.

CHAOS_ROUNDS repeats each kill on the same shop (1 where it is not set); CHAOS_SEED repeats a run.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import verify
from tests.chaos.shop import SERVERS, Shop, under_load, wait_until_settled

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
SEED = int(os.environ.get("CHAOS_SEED", str(random.randrange(1_000_000))))

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240 * ROUNDS + 120)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    opened = Shop(Path(tmp_path_factory.mktemp("chaos")))
    try:
        opened.open()
        yield opened
    finally:
        opened.close()


@pytest.mark.parametrize("victim", ["web", "worker", "clock", *SERVERS])
def test_a_killed_process_loses_nothing_and_sends_nothing_twice(shop: Shop, victim: str) -> None:
    print(f"CHAOS_SEED={SEED}")  # noqa: T201  # shown where the test fails
    rng = random.Random(f"{SEED}:{victim}")
    for _ in range(ROUNDS):

        def strike() -> None:
            shop.kill(victim)
            time.sleep(rng.random())  # how long it stays away is part of the chance
            shop.start(victim)

        under_load(shop, rng, strike)
        wait_until_settled(shop)
        expect_everybody_answered_once(shop)


def expect_everybody_answered_once(shop: Shop) -> None:
    db = shop.rt.db
    assert db.inbox.count_documents({"state": "dead"}) == 0
    sent = shop.sim("GET", "sent")["sent"]
    twice = [data for data, n in Counter(one["callback_data"] for one in sent).items() if n > 1]
    assert not twice, "Meta got the same delivery more than once"
    arrived = Counter(one["wa_id"] for one in sent)
    in_doubt = Counter(
        contact["wa_id"]
        for delivery in db.deliveries.find({"status": "unknown"})
        for contact in db.contacts.find({"_id": delivery["contact_id"]})
    )
    for person, asked in shop.asked.items():
        owed = db.deliveries.count_documents({"contact_id": contact_id(shop, person)})
        assert owed == asked, "each message owes one answer"
        # In doubt are only those that Meta never got: one that it got is settled by its status.
        assert arrived[person] + in_doubt[person] == asked
    assert verify.problems(db) == []


def contact_id(shop: Shop, person: str) -> object:
    contact = shop.rt.db.contacts.find_one({"wa_id": person})
    assert contact is not None, "somebody whose message was acknowledged is not known"
    return contact["_id"]
