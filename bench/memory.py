"""Resident memory of web and worker over a million events: it must not grow with what they served.

python -m bench memory
"""

import os
import time

from bench import cpu, events, load
from bench.house import SECRET, House
from bench.table import Table
from campaigns import service
from store.documents.inbox import InboxState

EVENTS = int(os.environ.get("BENCH_MEMORY_EVENTS", "1000000"))
ROUND = 50_000
CONNECTIONS = 16
_WAIT_S = 300.0


def run(house: House, table: Table) -> None:
    """Statuses of a run's messages, posted as webhooks and handled, 50,000 at a time."""
    house.start_all()
    service.define(house.db, events.CAMPAIGN, events.HELLO, "bench", events.now())
    sizes: list[tuple[float, float]] = []
    for number in range(max(2, EVENTS // ROUND)):
        bodies = events.status_bodies(house, f"{time.time_ns()}{number:06}", ROUND)
        requests = [load.post(body, SECRET) for body in bodies]
        load.closed_loop(house.shop.web_port, requests, CONNECTIONS, _WAIT_S).all_good()
        _until_handled(house)
        worker = house.shop.processes["worker"].pid
        sizes.append((cpu.resident_mib(house.web_pid), cpu.resident_mib(worker)))
    handled = ROUND * len(sizes)
    for place, name in enumerate(("web", "worker")):
        first, last = sizes[0][place], sizes[-1][place]
        table.add(
            f"resident memory of {name} after {handled:,} events",
            f"{last:.0f} MiB",
            goal="flat",
            beside=f"{first:.0f} MiB after the first {ROUND:,} ({last / first:.2f})",
        )


def _until_handled(house: House) -> None:
    deadline = time.monotonic() + _WAIT_S
    while house.db.inbox.find_one({"state": InboxState.NEW}, {"_id": 1}, hint="waiting_by_kind"):
        if time.monotonic() > deadline:
            raise TimeoutError("the worker did not get through")
        time.sleep(0.1)
    house.empty_journal()
