"""Fires in figures: how many a second, how late at 1,000 due a second, what waiting ones cost.

python -m bench.fires [--waiting N …] [--seconds S]

The baseline claims and ends them one at a time. Handlers do nothing, so that what is measured is
the clock's own work; `--seconds` is for how long fires fall due, for two clocks at once.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.contacts import environment
from bench.table import milliseconds, p99
from config import settings as config_settings
from demo import servers
from runtime import Runtime, build
from store import fires, migrations, mongo
from store.documents.fire import Fire, FireKind
from workers.fires import LOOK_S, strike
from workers.moment import Moment

GOAL_LATE_S = 1.0
RATE = 1_000
DUE = 5_000
CLOCKS = 2
_AT_ONCE = 10_000


def main(arguments: list[str] | None = None) -> None:
    """Run everything and print the figures."""
    parser = argparse.ArgumentParser(prog="bench.fires", description=__doc__)
    parser.add_argument("--waiting", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--seconds", type=int, default=20)
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drumbeat-bench-")))
        mongod = servers.start_mongod(folder / "mongodb", servers.free_port(), cache_gb=1)
        stack.callback(mongod.stop)
        url = mongod.url.replace("/?", "/bench?")
        settings = config_settings.load(_env_file=None, **environment(url))
        rt = build(settings)
        stack.callback(rt.db.client.close)
        migrations.migrate(rt.db, settings, _now())
        _cost(rt, sorted(asked.waiting))
        _lateness(rt, asked.seconds)


def _cost(rt: Runtime, sizes: Sequence[int]) -> None:
    print(f"\n{DUE:,} due, done by one clock, beside those claimed one at a time")
    first: float | None = None
    waiting = 0
    for size in sizes:
        _make(rt.db, waiting, size, _now() + timedelta(days=30))
        waiting = size
        alone = _one_at_a_time(rt)
        each = _in_batches(rt)
        first = first or each
        print(
            f"  {size:>9,} waiting   {1 / each:>8,.0f}/s   {each * 1e6:>6,.0f} µs each   "
            f"{alone / each:>5.1f} times as fast   cost beside the least: {each / first:.2f}"
        )


def _in_batches(rt: Runtime) -> float:
    """Seconds for each fire: the best of three rounds."""
    took = []
    for _ in range(3):
        _make(rt.db, -DUE, 0, _now())
        began = time.perf_counter()
        done = 0
        while done < DUE:
            done += strike(rt, _now, handlers={FireKind.STEP: _nothing})
        took.append((time.perf_counter() - began) / done)
    return min(took)


def _one_at_a_time(rt: Runtime) -> float:
    now = _now()
    count = DUE // 5
    _make(rt.db, -count, 0, now)
    began = time.perf_counter()
    while (one := fires.claim_due(rt.db, now, FireKind.STEP)) is not None:
        fires.finish(rt.db, one)
    return (time.perf_counter() - began) / count


def _lateness(rt: Runtime, seconds: int) -> None:
    """Fires fall due evenly, 1,000 a second; when each is handled, on the database's time."""
    begins = Moment(rt.db).look() + timedelta(seconds=3)
    made = [_fire(n, begins + timedelta(seconds=n / RATE)) for n in range(seconds * RATE)]
    for start in range(0, len(made), _AT_ONCE):
        mongo.fires(mongo.lightly(rt.db)).insert_many(made[start : start + _AT_ONCE])
    late: list[float] = []
    stopping = threading.Event()

    def clock() -> None:
        moment = Moment(rt.db)

        def handle(_rt: Runtime, due: Sequence[Fire], _at: datetime) -> dict[str, datetime]:
            done = moment.now()
            late.extend((done - one["due_at"]).total_seconds() for one in due)
            return {}

        while not stopping.wait(LOOK_S):
            moment.look()
            strike(rt, moment.now, stopping.is_set, {FireKind.STEP: handle})

    clocks = [threading.Thread(target=clock) for _ in range(CLOCKS)]
    for one in clocks:
        one.start()
    deadline = time.monotonic() + seconds + 60
    while len(late) < len(made) and time.monotonic() < deadline:
        time.sleep(0.05)
    stopping.set()
    for one in clocks:
        one.join()
    kept = "kept" if p99(late) < GOAL_LATE_S and len(late) == len(made) else "MISSED"
    print(
        f"\n{RATE:,} due a second for {seconds} s, {CLOCKS} clocks: {milliseconds(late)} late "
        f"(p50 / p99; goal {GOAL_LATE_S:g} s {kept}); {len(late):,} done of {len(made):,}"
    )


def _make(db: mongo.Db, since: int, to: int, due_at: datetime) -> None:
    """Fires with these numbers, all due then."""
    for start in range(since, to, _AT_ONCE):
        part = [_fire(n, due_at) for n in range(start, min(start + _AT_ONCE, to))]
        mongo.fires(mongo.lightly(db)).insert_many(part, ordered=False)


def _fire(number: int, due_at: datetime) -> Fire:
    return {
        "_id": f"bench:{number}:{due_at.timestamp()}", "kind": FireKind.STEP, "subject": {},
        "due_at": due_at, "version": 1, "lease": None, "tries": 0,
    }  # fmt: skip


def _nothing(_rt: Runtime, _due: Sequence[Fire], _now: datetime) -> dict[str, datetime]:
    return {}


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
