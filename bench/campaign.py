"""A one-time campaign in figures: launched beside bare writes, sent beside a plain `requests` loop
and beside pywa.

python -m bench.campaign [--people N] [--messages N] [--processes N]
"""

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import psutil
import requests
from bson import ObjectId
from pywa.client import WhatsApp

import runtime
from campaigns import launch, life, preview, service, templates
from config import settings as config_settings
from contacts.identity import Identity
from contacts.touch import new_contact
from deliveries import send
from deliveries.window import SIZE
from demo import servers
from runtime import Runtime
from store import migrations, mongo

THREADS = 64
LATENCY_S = 0.1
CAMPAIGN: dict[str, Any] = {
    "campaign": "bench",
    "type": "one_time",
    "message": {
        "template": "price_list",
        "language": "en",
        "parameters": {"first_name": "{{ contact.first_name | default('friend') }}"},
    },
    "audience": {"segments": ["bench"]},
    "limits": {"ignore_quiet_hours": True},
}


def main(arguments: list[str] | None = None) -> None:
    """Run everything and print the figures."""
    asked = _arguments().parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drumbeat-bench-")))
        mongod = servers.start_mongod(folder / "mongodb", servers.free_port(), cache_gb=1)
        stack.callback(mongod.stop)
        redis = servers.start_redis(folder / "redis", servers.free_port())
        stack.callback(redis.stop)
        port = servers.free_port()
        meta = subprocess.Popen(
            [sys.executable, "-m", "bench.slow_meta", str(port), str(LATENCY_S)]
        )
        stack.callback(meta.wait)
        stack.callback(meta.terminate)
        env = _environment(mongod, redis, port)
        rt = _runtime(env)
        until(lambda: _listens(port))
        migrations.migrate(rt.db, rt.settings, now())
        templates.sync(rt, now())
        people(rt, asked.people)
        service.define(rt.db, "bench", CAMPAIGN, "bench", now())
        _launched(rt, mongod.process.pid, asked.people)
        _sent(rt, env, mongod.process.pid, port, min(asked.messages, asked.people), asked.processes)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.campaign", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=1)
    return parser


def _environment(mongod: servers.Server, redis: servers.Server, port: int) -> dict[str, str]:
    return {
        "mongodb_uri": mongod.url.replace("/?", "/bench?"),
        "redis_url": redis.url,
        "whatsapp_access_token": "bench-token",
        "whatsapp_phone_number_id": "106540352242922",
        "whatsapp_business_account_id": "102290129340398",
        "whatsapp_app_secret": "bench-app-secret",
        "whatsapp_verify_token": "bench-verify",
        "graph_api_url": f"http://127.0.0.1:{port}",
        "api_token": "bench-api-token-0123456789",
        "secret_key": "bench-secret-key-0123456789",
        "messages_per_s": "1000",
    }


def _runtime(env: dict[str, str]) -> Runtime:
    return runtime.build(config_settings.load(_env_file=None, **env))


def people(rt: Runtime, count: int, segment: str = "bench", prefix: str = "9197") -> None:
    """So many contacts who opted in, in a segment of their own; their numbers begin alike."""

    def made() -> Iterator[Any]:
        for number in range(count):
            identity = Identity(wa_id=f"{prefix}{number:0{12 - len(prefix)}d}")
            person = new_contact(identity, "Asha Rao", "bench", now())
            person["segments"] = [segment]
            person["consent"] = {"state": "yes", "source": "import", "at": now()}  # type: ignore[typeddict-item]  # as it is kept
            yield person

    waiting = made()
    while batch := list(islice(waiting, 5000)):
        mongo.contacts(rt.db).insert_many(batch, ordered=False)


def _launched(rt: Runtime, mongod_pid: int, people: int) -> None:
    """Rows a second: the launch, and the same rows through a bare insert_many."""
    with _measured(mongod_pid) as looked:
        seen = preview.of(rt, "bench", now())
    assert seen.messages == people
    life.start(rt.db, "bench", "bench", now())
    with _measured(mongod_pid) as launched:
        assert launch.launch_due(rt, now) == people
    copies = rt.db.bare
    for index, fields in rt.db.deliveries.index_information().items():
        if index != "_id_":
            options = {k: v for k, v in fields.items() if k not in ("key", "v", "ns")}
            copies.create_index(fields["key"], name=index, **options)
    rows = [{**row, "_id": ObjectId()} for row in rt.db.deliveries.find().limit(people)]
    with _measured(mongod_pid) as bare:
        for start in range(0, len(rows), launch.BATCH):
            copies.insert_many(rows[start : start + launch.BATCH], ordered=False)
    copies.drop()
    print(f"an audience of {people:,} written down (rows a second)")
    _line("launch", people / launched["s"], _cost(launched, people))
    _line("bare insert_many", people / bare["s"], _cost(bare, people))
    print(
        f"  ratio             {launched['s'] / bare['s']:8.2f}   times as long as the bare writes"
    )
    _line("preview", people / looked["s"], "people looked at a second")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _line("peak memory", peak_mb, "MB, the rows of the baseline included")


def _line(name: str, figure: float, words: str) -> None:
    print(f"  {name:<17} {figure:8,.0f}   {words}")


def _cost(figures: dict[str, float], count: int) -> str:
    ours, mongod = figures["cpu_ms"] / count, figures["mongod_ms"] / count
    return f"{ours:.3f} CPU ms each, mongod {mongod:.3f}"


def _sent(
    rt: Runtime, env: dict[str, str], mongod_pid: int, port: int, messages: int, processes: int
) -> None:
    """Messages a second, and what one costs; and the same through threads with `requests`."""
    left = list(rt.db.deliveries.find({"status": "pending"}, {"_id": 1}).skip(messages))
    rt.db.deliveries.delete_many({"_id": {"$in": [row["_id"] for row in left]}})
    context = multiprocessing.get_context("spawn")
    costs = context.SimpleQueue()
    workers = [context.Process(target=_worker, args=(env, costs)) for _ in range(processes)]
    with _measured(mongod_pid) as sent:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    found = [costs.get() for _ in workers]
    took = max(one["ended"] for one in found) - min(one["began"] for one in found)
    cpu_ms = sum(one["cpu_ms"] for one in found)
    count = sum(one["sent"] for one in found)
    assert rt.db.deliveries.count_documents({"status": "accepted"}) == count == messages
    plain_s, plain_ms = _threads(messages, _requests_loop(port))
    pywa_s, pywa_ms = _threads(messages, _pywa(port))
    cost = _cost({"cpu_ms": cpu_ms, "mongod_ms": sent["mongod_ms"]}, count)
    print(f"\n{messages:,} messages to a Meta that answers in {LATENCY_S * 1000:.0f} ms (a second)")
    _line("Drumbeat", count / took, f"{cost}; {processes} processes of {SIZE}, all recorded")
    words = f"{plain_ms / messages:.3f} CPU ms each; {THREADS} threads, nothing recorded"
    _line("requests loop", messages / plain_s, words)
    words = f"{pywa_ms / messages:.3f} CPU ms each; {THREADS} threads, nothing recorded"
    _line("pywa", messages / pywa_s, words)
    for name, seconds, used_ms in (
        ("requests loop", plain_s, plain_ms),
        ("pywa", pywa_s, pywa_ms),
    ):
        print(
            f"  ratio             {seconds / took:8.2f}   times as fast as {name}, "
            f"for {cpu_ms / used_ms:.2f} of its processor time"
        )


def _worker(env: dict[str, str], costs: Any) -> None:
    rt = _runtime(env)
    mongo.ping(rt.db)
    began, before = time.time(), _cpu_ms()
    count = send.send_due(rt, now)
    costs.put({"sent": count, "cpu_ms": _cpu_ms() - before, "began": began, "ended": time.time()})


def _requests_loop(port: int) -> Callable[[int], str]:
    """What posts one message, as in the loop that everybody writes first."""
    url = f"http://127.0.0.1:{port}/v25.0/106540352242922/messages"
    session = requests.Session()
    adapter = requests.adapters.HTTPAdapter(pool_maxsize=THREADS)
    session.mount("http://", adapter)
    body = {
        "messaging_product": "whatsapp",
        "to": "+1",
        "type": "text",
        "text": {"body": "x" * 300},
    }

    def post(_: int) -> str:
        answer = session.post(url, json=body, headers={"Authorization": "Bearer x"}, timeout=30)
        return str(json.loads(answer.content)["messages"][0]["id"])

    return post


def _pywa(port: int) -> Callable[[int], str]:
    """What posts one message through pywa, the best-kept client for Python."""
    limits = httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
    session = httpx.Client(limits=limits, timeout=30)
    client = WhatsApp("106540352242922", "x", session=session)
    session.base_url = f"http://127.0.0.1:{port}/v25.0"  # which the client has set to Meta's

    def post(_: int) -> str:
        return str(client.send_message(to="1", text="x" * 300).id)

    return post


def _threads(messages: int, post: Callable[[int], str]) -> tuple[float, float]:
    """Seconds and CPU ms of so many calls, through threads."""
    began, before = time.perf_counter(), _cpu_ms()
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(post, range(messages)):
            pass
    return time.perf_counter() - began, _cpu_ms() - before


@contextmanager
def _measured(mongod_pid: int) -> Iterator[dict[str, float]]:
    figures: dict[str, float] = {}
    began, before, mongod = time.perf_counter(), _cpu_ms(), _cpu_of(mongod_pid)
    yield figures
    figures["s"] = time.perf_counter() - began
    figures["cpu_ms"] = _cpu_ms() - before
    figures["mongod_ms"] = _cpu_of(mongod_pid) - mongod


def _cpu_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


def _cpu_of(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system) * 1000


def _listens(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=1).ok
    except requests.RequestException:
        return False


def until(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    """Return when it holds. Raises TimeoutError."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not get there")
        time.sleep(0.02)


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
