"""Reports in figures: one of a large run beside one of a small run, and the memory of a large list.

python -m bench.reports [--small N] [--large N]
"""

import argparse
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId

from bench.contacts import environment
from config import settings as config_settings
from demo import servers
from reports import campaign as report
from reports import recipients, workbook
from store import migrations, mongo, recount

GOAL = 1.5
BATCH = 5_000
ROUNDS = 15
_ZONE = ZoneInfo("Asia/Kolkata")
_START = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> None:
    """Run everything and print the figures."""
    parser = argparse.ArgumentParser(prog="bench.reports", description=__doc__)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--large", type=int, default=50_000)
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drumbeat-bench-")))
        mongod = servers.start_mongod(folder / "mongodb", servers.free_port(), cache_gb=1)
        stack.callback(mongod.stop)
        url = mongod.url.replace("/?", "/bench?")
        db = mongo.connect(url, timeout_s=600)
        stack.callback(db.client.close)
        migrations.migrate(
            db, config_settings.load(_env_file=None, **environment(url)), datetime.now(UTC)
        )
        sizes = {"small": asked.small, "large": asked.large}
        counted = {name: _run_of(db, name, people) for name, people in sizes.items()}
        took = {name: _opening(db, name) for name in sizes}
        _told(sizes, took, counted["large"])
        _lists(db, sizes)


def _run_of(db: mongo.Db, name: str, people: int) -> float:
    """A campaign with one run of `people` deliveries, most of them read; the seconds that counting
    it took."""
    run_id = ObjectId()
    db.campaigns.insert_one(
        {"_id": name, "type": "one_time", "state": "completed", "definition": {}, "version": 1}
    )
    db.runs.insert_one(
        {
            "_id": run_id, "campaign": name, "version": 1, "number": 1, "started_at": _START,
            "ended_at": None, "counters": {}, "tallies": {},
        }
    )  # fmt: skip
    made = (_delivery(name, run_id, place) for place in range(people))
    while batch := list(islice(made, BATCH)):
        db.deliveries.insert_many(batch, ordered=False)
    begun = time.perf_counter()
    found = recount.of_run(db, run_id)
    assert found is not None
    assert recount.repair(db, found)
    return time.perf_counter() - begun


def _delivery(name: str, run_id: ObjectId, place: int) -> dict[str, Any]:
    accepted = _START + timedelta(milliseconds=20 * place)
    times = {
        "accepted": accepted,
        "sent": accepted + timedelta(seconds=1),
        "delivered": accepted + timedelta(seconds=2 + place % 60),
        "read": accepted + timedelta(minutes=5 + place % 600),
    }
    if place % 3 == 0:
        del times["read"]
    return {
        "_id": ObjectId(), "cause": f"run:{run_id}", "contact_id": ObjectId(), "step": 0,
        "campaign": name, "run_id": run_id, "purpose": "campaign", "category": "marketing",
        "message": {"template": {"name": name, "language": "en"}}, "stage": None,
        "status": "read" if "read" in times else "delivered", "status_at": max(times.values()),
        "due_at": _START, "attempts": 1, "lease": None, "wamid": f"wamid.{name}.{place}",
        "reason": None, "error": None, "times": times, "reply": None, "clicks": [],
        "pricing": {"category": "marketing", "billable": True}, "triggered_by": {},
        "created_at": _START,
        "of": {"language": ("en", "hi", "mr")[place % 3], "country": "IN", "segments": ["vip"]},
    }  # fmt: skip


def _opening(db: mongo.Db, name: str) -> float:
    """The median of some openings of its report, in seconds."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        report.of_campaign(db, name, _ZONE)
        taken.append(time.perf_counter() - begun)
    return median(taken)


def _told(sizes: dict[str, int], took: dict[str, float], counted_s: float) -> None:
    ratio = took["large"] / took["small"]
    print(
        f"report of {sizes['small']:,}: {took['small'] * 1000:.1f} ms; "
        f"of {sizes['large']:,}: {took['large'] * 1000:.1f} ms; "
        f"ratio {ratio:.2f} (goal: below {GOAL})"
    )
    print(f"counted anew: {sizes['large'] / counted_s:,.0f} deliveries a second")


def _lists(db: mongo.Db, sizes: dict[str, int]) -> None:
    """What a CSV and a spreadsheet hold at once: the peak of Python's memory, which does not grow
    with their rows."""
    _list(sizes, "CSV", lambda name: _count(recipients.csv_rows(db, name)))
    _list(sizes, "XLSX", lambda name: workbook.kept(db, name).close())


def _list(sizes: dict[str, int], kind: str, make: Callable[[str], object]) -> None:
    peaks, begun = {}, 0.0
    for name in sizes:
        tracemalloc.start()
        begun = time.perf_counter()
        make(name)
        peaks[name] = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    rate = sizes["large"] / (time.perf_counter() - begun)
    print(
        f"{kind} of {sizes['small']:,} holds {peaks['small']:.1f} MB at most, of "
        f"{sizes['large']:,} {peaks['large']:.1f} MB: ratio {peaks['large'] / peaks['small']:.2f}; "
        f"{rate:,.0f} rows a second while traced"
    )


def _count(rows: Iterator[str]) -> int:
    return sum(1 for _ in rows)


if __name__ == "__main__":
    main()
