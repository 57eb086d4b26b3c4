"""How often and by which chance, and what is told of it at the end.

CHAOS_ROUNDS repeats each strike on the same shop (1 where it is not set); CHAOS_SEED repeats a run.
"""

import os
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.shop import Shop, expect_everybody_answered_once, under_load

ROUNDS = int(os.environ.get("CHAOS_ROUNDS") or "1")
SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1_000_000))
_ROUND_S = 240

_recovered: dict[str, list[float]] = defaultdict(list)
Strike = Callable[[], None]
Rounds = Callable[[Shop, str, Callable[[random.Random], Strike]], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of these tests kills, and has time for all of its rounds."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.chaos)
            item.add_marker(pytest.mark.timeout(_ROUND_S * ROUNDS + 120))


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all strikes that an ordinary one has to bear."""
    opened = Shop(Path(tmp_path_factory.mktemp("chaos")))
    try:
        opened.open()
        yield opened
    finally:
        opened.close()


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """Strike in the middle of a load, again and again; each time nobody may be forgotten, or
    written to twice."""
    told = request.config.pluginmanager.get_plugin("terminalreporter")

    def strike_often(shop: Shop, what: str, strike_by: Callable[[random.Random], Strike]) -> None:
        rng = random.Random(f"{SEED}:{what}")
        for number in range(1, ROUNDS + 1):
            seconds = under_load(shop, rng, strike_by(rng))
            expect_everybody_answered_once(shop)
            _recovered[what].append(seconds)
            if told is not None and ROUNDS > 1:
                told.write_line(f"{what} {number}/{ROUNDS}: all handled {seconds:.1f} s after it")
        assert "Traceback" not in shop.log("worker"), "what went away is told in a line"

    return strike_often


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The seed, and how long recovery took: from the end of each strike, the victim being back,
    until everything written meanwhile was handled and sent."""
    if not _recovered:
        return
    write = terminalreporter.write_line
    write("")
    write(f"chaos: CHAOS_SEED={SEED} CHAOS_ROUNDS={ROUNDS}; seconds until all was handled")
    write(f"{'strike':32} {'rounds':>6} {'fastest':>8} {'median':>8} {'slowest':>8}")
    for what, took in _recovered.items():
        figures = f"{min(took):8.1f} {statistics.median(took):8.1f} {max(took):8.1f}"
        write(f"{what:32} {len(took):6} {figures}")
