"""Redis is emptied while jobs are queued and run: what is owed stands in MongoDB."""

import random
import time

from tests.chaos.conftest import Rounds, Strike
from tests.chaos.shop import Shop


def test_an_emptied_redis_loses_nothing_and_sends_nothing_twice(shop: Shop, rounds: Rounds) -> None:
    def strike(rng: random.Random) -> Strike:
        pauses = [rng.random() * 0.3 for _ in range(rng.randint(1, 5))]

        def empty() -> None:
            for pause in pauses:
                shop.rt.redis.flushall()
                time.sleep(pause)

        return empty

    rounds(shop, "FLUSHALL", strike)
