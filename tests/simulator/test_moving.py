"""Time is moved on where the simulator was started so, and whoever reads the file moves along."""

from pathlib import Path

import pytest
import requests

from config import clock
from simulator import server
from simulator.moving import MovedClock
from simulator.settings import Config


def test_what_the_clock_writes_our_processes_read(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    moved = MovedClock(file)
    before = moved()

    moved.move(3600)
    moved.move(86_400)

    assert clock.seconds_in(file) == 90_000
    assert 90_000 <= moved() - before < 90_060
    assert 90_000 <= MovedClock(file)() - before < 90_060, "it stays so after a restart"


@pytest.mark.parametrize(
    ("body", "status"),
    [({"by_s": 3600}, 200), ({"by_s": -1}, 400), ({"by_s": 1e9}, 400), ({}, 400)],
)
def test_it_is_moved_by_the_control_api(
    tmp_path: Path, body: dict[str, float], status: int
) -> None:
    handle = server.run(Config(port=0, clock=MovedClock(tmp_path / "clock")))
    try:
        answer = requests.post(f"{handle.url}/sim/clock", json=body, timeout=5)
        assert answer.status_code == status
        assert requests.get(f"{handle.url}/sim/clock", timeout=5).json()["movable"] is True
    finally:
        handle.stop()


def test_an_ordinary_one_is_not_moved(meta: server.Handle) -> None:
    answer = requests.post(f"{meta.url}/sim/clock", json={"by_s": 60}, timeout=5)

    assert answer.status_code == 409
    assert requests.get(f"{meta.url}/sim/clock", timeout=5).json()["movable"] is False
