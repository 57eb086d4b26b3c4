"""`make bench`: the table of figures, each beside a baseline that ran in the same minute.

Machines are shared and noisy: read the ratios, and what other processes took meanwhile.
"""

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from bench import load, rules
from bench.load import Answers
from bench.meta import Meta
from config.settings import ROOT
from demo import seed, servers
from demo.stack import Stack
from store import mongo

ROUNDS = 3
SECONDS = 6.0
CONNECTIONS = 32
MOST_REQUESTS = 30_000
ARRIVALS_PER_S = 50.0
ARRIVALS = 600
SECRET = "bench-app-secret"


def main() -> None:
    """Run everything and print the table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drumbeat-bench-")))
        meta = Meta()
        stack.callback(meta.stop)
        mongod = servers.start_mongod(folder / "mongodb", servers.free_port(), cache_gb=1)
        stack.callback(mongod.stop)
        redis = servers.start_redis(folder / "redis", servers.free_port())
        stack.callback(redis.stop)
        shop = Stack(
            folder / "logs", _environment(mongod, redis, meta), servers.free_port(), meta.port
        )
        stack.callback(shop.stop)
        seed.load(shop.env)
        shop.start("web")
        bare_port = servers.free_port()
        bare = _serve_bare(bare_port, folder)
        stack.callback(bare.wait)
        stack.callback(bare.terminate)
        shop.wait_for(f"{shop.url}/healthz", "web")
        shop.wait_for(f"http://127.0.0.1:{bare_port}/healthz", "the bare route")
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}\n")
        _accepted(shop, bare_port)
        _forget_queue(shop)
        for name in ("worker", "clock"):
            shop.start(name)
        shop.wait_for(f"{shop.url}/readyz", "Drumbeat")
        _replied(shop, meta, bare_port)
    print()
    rules.table()


def _environment(mongod: servers.Server, redis: servers.Server, meta: Meta) -> dict[str, str]:
    return {
        "MONGODB_URI": mongod.url.replace("/?", "/bench?"),
        "REDIS_URL": redis.url,
        "WHATSAPP_ACCESS_TOKEN": "bench-token",
        "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "102290129340398",
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": "bench-verify",
        "GRAPH_API_URL": f"http://127.0.0.1:{meta.port}",
        "API_TOKEN": "bench-api-token-0123456789",
        "SECRET_KEY": "bench-secret-key-0123456789",
        "MESSAGES_PER_S": "1000",
        "LOG_LEVEL": "WARNING",
    }


def _serve_bare(port: int, folder: Path) -> subprocess.Popen[bytes]:
    command = 'gunicorn --config gunicorn.conf.py "bench.bare:create_app()"'
    with (folder / "bare.log").open("ab") as output:
        return subprocess.Popen(
            [str(Path(sys.executable).parent / "gunicorn"), *shlex.split(command)[1:]],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port)},
            stdout=output,
            stderr=output,
            preexec_fn=servers.die_with_parent,
        )


def _accepted(shop: Stack, bare_port: int) -> None:
    """Webhooks a second: signed, distinct, journaled; and the same load on the bare route."""
    ours: list[float] = []
    theirs: list[float] = []
    foreign: list[float] = []
    for number in range(ROUNDS):
        requests_ = [
            load.post(
                "/webhooks/whatsapp",
                load.message_body(f"wamid.{number}.{n}", f"9198{n % 100_000_000:08d}", "hello"),
                SECRET,
            )
            for n in range(MOST_REQUESTS)
        ]
        with _foreign_cpu(foreign):
            theirs.append(load.closed_loop(bare_port, requests_, CONNECTIONS, SECONDS).per_s())
        with _foreign_cpu(foreign):
            answers = load.closed_loop(shop.web_port, requests_, CONNECTIONS, SECONDS)
        ours.append(_all_good(answers).per_s())
    print("webhooks accepted a second (signed, distinct, journaled; one message each)")
    print(f"  Drumbeat        {max(ours):8,.0f}   best of {ROUNDS}: {_listed(ours)}")
    print(f"  bare Flask      {max(theirs):8,.0f}   best of {ROUNDS}: {_listed(theirs)}")
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    print(f"  ratio           {statistics.median(ratios):8.2f}   median")
    print(f"  other processes {max(foreign):7.0%}   of both cores, at most\n")


def _replied(shop: Stack, meta: Meta, bare_port: int) -> None:
    """From the webhook's due time to our POST at Meta's door, and the bare route's own answer."""
    people = [f"9197{n:08d}" for n in range(ARRIVALS)]
    bodies = [load.message_body(f"wamid.reply.{who}", who) for who in people]
    requests_ = [load.post("/webhooks/whatsapp", body, SECRET) for body in bodies]
    foreign: list[float] = []
    meta.arrived.clear()
    with _foreign_cpu(foreign):
        plain = load.open_loop(bare_port, requests_[:200], ARRIVALS_PER_S, CONNECTIONS)
        begun = time.perf_counter()
        answers = _all_good(load.open_loop(shop.web_port, requests_, ARRIVALS_PER_S, CONNECTIONS))
        deadline = time.monotonic() + 30
        while len(meta.arrived) < ARRIVALS and time.monotonic() < deadline:
            time.sleep(0.05)
    took = [
        meta.arrived[who] - (begun + n / ARRIVALS_PER_S)
        for n, who in enumerate(people)
        if who in meta.arrived
    ]
    print(f"webhook to reply, {ARRIVALS_PER_S:.0f} messages a second arriving (p50 / p99, ms)")
    print(f"  Drumbeat: reply {_ms(took)}   {len(took)} of {ARRIVALS} answered")
    print(f"  Drumbeat: 200   {_ms(answers.latencies_s)}")
    print(f"  bare Flask: 200 {_ms(plain.latencies_s)}")
    print(f"  other processes {max(foreign):7.0%}   of both cores")


def _all_good(answers: Answers) -> Answers:
    if set(answers.statuses) != {200}:
        raise SystemExit(f"not every webhook was accepted: {answers.statuses}")
    return answers


def _forget_queue(shop: Stack) -> None:
    """The first figure left a long queue; the second wants an idle house."""
    db = mongo.connect(shop.env["MONGODB_URI"])
    db.inbox.delete_many({})
    db.client.close()


@contextmanager
def _foreign_cpu(into: list[float]) -> Iterator[None]:
    """Add the share of both cores that processes which are not ours took meanwhile."""
    ours_before, all_before, begun = _own_cpu_s(), _busy_s(), time.perf_counter()
    yield
    took = (time.perf_counter() - begun) * (os.cpu_count() or 1)
    foreign = (_busy_s() - all_before) - (_own_cpu_s() - ours_before)
    into.append(max(0.0, foreign / took))


def _own_cpu_s() -> float:
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    total = 0.0
    for process in family:
        with _gone_is_nothing():
            times = process.cpu_times()
            total += times.user + times.system
    return total


@contextmanager
def _gone_is_nothing() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess:
        return


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:,.0f}" for value in values)


def _ms(seconds: list[float]) -> str:
    if not seconds:
        return "      -"
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"{statistics.median(ordered) * 1000:7.1f} / {p99 * 1000:6.1f}"


if __name__ == "__main__":
    main()
