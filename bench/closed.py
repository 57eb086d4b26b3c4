"""The closed loop: a campaign goes out while Meta's statuses of it come in, on one machine.

python -m bench.closed [--messages N]

Each message is reported as sent, delivered and read, in bodies of 1, 10 and 100. Web, worker,
clock, MongoDB and Redis run as they do in life. Printed: messages a second from the first POST
until all of them are read in the report, and who used the processor meanwhile.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

import runtime
from bench import cpu, slow_meta
from bench.campaign import CAMPAIGN, LATENCY_S, now, people, until
from bench.house import SECRET, environment
from campaigns import life, service, templates
from config import settings as config_settings
from demo import servers
from demo.stack import Stack
from runtime import Runtime
from store import migrations, queue

MESSAGES = 6_000
BODIES = (1, 10, 100)
_WAIT_S = 300.0


class Loop:
    """Everything of it. pids: {part: process}."""

    def __init__(self, stack: ExitStack) -> None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drumbeat-bench-")))
        self.meta_port = servers.free_port()
        meta = subprocess.Popen(
            [sys.executable, "-m", "bench.slow_meta", str(self.meta_port), str(LATENCY_S)]
        )
        stack.callback(meta.wait)
        stack.callback(meta.terminate)
        mongod = servers.start_mongod(folder / "mongodb", servers.free_port(), cache_gb=1)
        stack.callback(mongod.stop)
        redis = servers.start_redis(folder / "redis", servers.free_port())
        stack.callback(redis.stop)
        self.env = environment(mongod, redis, self.meta_port)
        lowered = {name.lower(): value for name, value in self.env.items()}
        self.rt = runtime.build(config_settings.load(_env_file=None, **lowered))
        until(self._meta_listens, _WAIT_S)
        migrations.migrate(self.rt.db, self.rt.settings, now())
        templates.sync(self.rt, now())
        self.shop = Stack(folder / "logs", self.env, servers.free_port(), self.meta_port)
        stack.callback(self.shop.stop)
        for name in ("web", "worker", "clock"):
            self.shop.start(name)
        self.shop.wait_for(f"{self.shop.url}/readyz", "Drumbeat")
        ours = {name: process.pid for name, process in self.shop.processes.items()}
        self.pids = {
            **ours, "mongod": mongod.process.pid, "redis": redis.process.pid, "Meta": meta.pid,
        }  # fmt: skip

    def _meta_listens(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.meta_port}/", timeout=1).ok
        except requests.RequestException:
            return False


def main(arguments: list[str] | None = None) -> None:
    """Run it with each size of bodies, and print."""
    parser = argparse.ArgumentParser(prog="bench.closed", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    messages = parser.parse_args(arguments).messages
    print(f"the closed loop: {messages:,} messages, each reported three times (a second)")
    with ExitStack() as stack:
        loop = Loop(stack)
        for per_body in BODIES:
            _round(loop, messages, per_body)


def _round(loop: Loop, messages: int, per_body: int) -> None:
    rt, name = loop.rt, f"bench{per_body}"
    people(rt, messages, segment=name, prefix=f"91{per_body:03}")
    document = {**CAMPAIGN, "campaign": name, "audience": {"segments": [name]}}
    document["limits"] = {"ignore_quiet_hours": True, "ignore_frequency_cap": True}
    service.define(rt.db, name, document, "bench", now())
    slow_meta.report_to(loop.meta_port, loop.shop.web_port, SECRET, per_body)
    with cpu.watched() as foreign, _used(loop.pids) as used:
        run = life.start(rt.db, name, "bench", now())["run_id"]
        queue.wake_launcher(rt.redis)
        until(lambda: _counted(rt, run, "pending", "sending") < _counted(rt, run), _WAIT_S)
        began = time.perf_counter()
        until(
            lambda: _counted(rt, run, "accepted", "sent", "delivered", "read") == messages, _WAIT_S
        )
        sent_s = time.perf_counter() - began
        until(lambda: _counted(rt, run, "read") == messages, _WAIT_S)
        took = time.perf_counter() - began
    whole = sum(used.values())
    shares = ", ".join(
        f"{part} {seconds / messages * 1000:.2f}"
        for part, seconds in sorted(used.items(), key=lambda pair: -pair[1])
    )
    print(
        f"  bodies of {per_body:<4} {messages / took:8,.0f}   all read; all sent at "
        f"{messages / sent_s:,.0f}; others took {foreign.share:.0%}\n"
        f"  {'':<15}{whole / took * 100:8.0f}   % of a core busy; CPU ms a message: {shares}"
    )


def _counted(rt: Runtime, run_id: Any, *states: str) -> int:
    run = rt.db.runs.find_one({"_id": run_id}, {"counters": 1}) or {"counters": {}}
    counters = run["counters"]
    return sum(counters.get(state, 0) for state in states or counters)


@contextmanager
def _used(pids: dict[str, int]) -> Iterator[dict[str, float]]:
    """{part: seconds of processor}, known at the end."""
    before = {part: cpu.seconds_of(pid) for part, pid in pids.items()}
    used: dict[str, float] = {}
    yield used
    used.update({part: cpu.seconds_of(pid) - before[part] for part, pid in pids.items()})


if __name__ == "__main__":
    main()
