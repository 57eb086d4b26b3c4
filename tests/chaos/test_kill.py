"""kill -9 of any one process at any moment, then a restart: nothing is lost, nothing sent twice."""

import random
import time

import pytest

from tests.chaos.conftest import Rounds, Strike
from tests.chaos.shop import SERVERS, Shop


@pytest.mark.parametrize("victim", ["web", "worker", "clock", *SERVERS])
def test_a_killed_process_loses_nothing_and_sends_nothing_twice(
    shop: Shop, rounds: Rounds, victim: str
) -> None:
    def strike(rng: random.Random) -> Strike:
        away_s = rng.random()  # how long it stays away is part of the chance

        def kill() -> None:
            shop.kill(victim)
            time.sleep(away_s)
            shop.start(victim)

        return kill

    rounds(shop, f"kill -9 {victim}", strike)
