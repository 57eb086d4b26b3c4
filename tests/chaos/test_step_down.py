"""A replica set of three loses its primary, by request or by kill -9, and elects another."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import Rounds, Strike
from tests.chaos.replica_set import ReplicaSet
from tests.chaos.shop import Shop
from tests.clock import eventually


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = Path(tmp_path_factory.mktemp("three"))
    opened = Shop(folder, members=ReplicaSet(folder / "members"))
    try:
        opened.open()
        yield opened
    finally:
        opened.close()


def test_a_primary_that_steps_down_loses_nothing(three: Shop, rounds: Rounds) -> None:
    members = three.members
    assert members is not None
    rounds(three, "step-down of the primary", lambda _: members.step_down)


def test_a_primary_that_is_killed_loses_nothing(three: Shop, rounds: Rounds) -> None:
    members = three.members
    assert members is not None

    def strike(rng: random.Random) -> Strike:
        eventually(members.whole, within_s=60, what="a primary with two that follow it")
        away_s = rng.random() * 3

        def kill() -> None:
            primary = members.primary()
            assert primary is not None
            members.kill(primary)
            time.sleep(away_s)
            members.start(primary)

        return kill

    rounds(three, "kill -9 of the primary", strike)
