"""MongoDB's disk is full, and it ends itself. When there is room again, all goes on."""

import random
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import disk
from tests.chaos.conftest import Rounds, Strike
from tests.chaos.disk import Disk
from tests.chaos.shop import Shop
from tests.clock import eventually


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Disk]]:
    folder = Path(tmp_path_factory.mktemp("small"))
    mounted = Disk(folder / "mongod")
    opened = Shop(folder, mongod=disk.MONGOD)
    mounted.mount()
    if mounted.refused:
        why = f"no small disk could be mounted ({mounted.refused}): mongod's writes are limited"
        warnings.warn(why, stacklevel=1)
    try:
        opened.open()
        yield opened, mounted
    finally:
        opened.close()
        mounted.unmount()


def test_a_full_disk_loses_nothing_and_sends_nothing_twice(
    small: tuple[Shop, Disk], rounds: Rounds
) -> None:
    shop, mounted = small

    def strike(rng: random.Random) -> Strike:
        stays_full_s = rng.random()

        def fill() -> None:
            process = shop.servers["mongod"].process
            mounted.fill(process.pid)
            eventually(lambda: process.poll() is not None, within_s=60, what="mongod's end")
            time.sleep(stays_full_s)
            mounted.make_room()
            shop.start("mongod")

        return fill

    rounds(shop, "a full disk under mongod", strike)
