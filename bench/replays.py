"""Memory and time of a replay of 100,000 events, beside one of 10,000.

`python -m bench.replays`
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from bson import ObjectId

from bench import publishes
from config import logs
from demo import servers
from events import replay
from rules.book import RuleBook
from store import indexes, mongo
from store.indexes import Keeping

RULES = 200
PEOPLE = 5_000


def events(count: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Messages of many people, one of which in four means something."""
    people = [ObjectId() for _ in range(PEOPLE)]
    for n in range(count):
        text = f"word{n % RULES}x1 please" if n % 4 == 0 else f"nothing in particular {n}"
        yield {
            "_id": f"m:{n}", "name": "message", "contact_id": people[n % PEOPLE], "at": now,
            "recorded_at": now - timedelta(milliseconds=n), "text": text, "button": None,
            "message_type": "text", "campaign": None, "delivery_id": None, "properties": {},
            "handled": None, "decision": None, "actions": [],
        }  # fmt: skip


def main() -> None:
    """Print both, and how the second compares."""
    logs.configure("WARNING")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    count = parser.parse_args().count
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="drumbeat-bench-") as folder:
        mongod = servers.start_mongod(Path(folder), servers.free_port(), cache_gb=1)
        try:
            db = mongo.connect(mongod.url.replace("/?", "/bench?"))
            indexes.ensure(db, Keeping(journal_days=30))
            db.events.insert_many(events(count, now))
            old = RuleBook(1, publishes.files(1, RULES))
            new = RuleBook(2, publishes.files(2, RULES))
            print(f"replay beside {RULES} rules, {PEOPLE:,} people")
            figures = [_run(db, old, new, now, most) for most in (count // 10, count)]
        finally:
            mongod.stop()
    print(f"  memory of the second against the first: {figures[1] / figures[0]:.3f}")


def _run(db: mongo.Db, old: RuleBook, new: RuleBook, now: datetime, most: int) -> int:
    started, me = time.perf_counter(), psutil.Process()
    since = now - timedelta(days=7)
    found = replay.replay(db, old, new, since, now=now, most=most)
    took, rss = time.perf_counter() - started, me.memory_info().rss
    print(
        f"  {found.events:8,} events  {found.events / took:8,.0f} a second  "
        f"{rss / 2**20:7.1f} MiB  {found.changed:,} changed"
    )
    return rss


if __name__ == "__main__":
    main()
