"""Figures of accepting: webhooks that are signed, distinct, and on the disk before the 200.

Beside them, in the same rounds: a Flask route that does nothing, and the same rows written to the
same store by nothing but insert_many.
"""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from bench import cpu, load
from bench.house import SECRET, Bare, House
from bench.load import Answers
from bench.table import Table, milliseconds, rate
from store import inbox, mongo
from store.documents.inbox import InboxItem
from webhooks.rows import of_body

SECONDS = 4.0
OPEN_S = 8.0
HUNDRED = 100
CONNECTIONS = {1: 128, HUNDRED: 32}
MOST_PER_S = {1: 9_000, HUNDRED: 500}  # requests made beforehand for each second of a round
RAW_WRITERS = {1: 32, HUNDRED: 2}
CALM_PER_S = 300.0
HALF_OPEN = 200
GTHREAD = ("--worker-class", "gthread")


@dataclass(frozen=True, slots=True)
class _Round:
    """updates a second, and the web processes' microseconds of processor a request."""

    ours: float
    flask: float
    raw: float
    cpu_us: float
    flask_cpu_us: float


def run(house: House, table: Table) -> None:
    """All figures of this group."""
    bare = house.serve_bare(*GTHREAD)
    load.closed_loop(house.shop.web_port, _requests(1, 500, "warm"), 8, 1.0)
    resident = cpu.resident_mib(house.web_pid)
    most = _accepted(house, bare, table, 1, "one a POST", 3_300)
    _accepted(house, bare, table, HUNDRED, "in bodies of 100", 20_000)
    _latency(house, bare, table, CALM_PER_S, "at 300 a second")
    if most is None:
        table.refuse("webhook to 200, at 80 % of the most", "the most is not known")
    else:
        _latency(house, bare, table, most * 0.8, f"at 80 % of the most ({most * 0.8:,.0f}/s)")
    _held(house, table)
    count = house.db.inbox.estimated_document_count()
    now = cpu.resident_mib(house.web_pid)
    table.add(
        "resident memory of a web process",
        f"{now:.0f} MiB",
        goal="flat",
        beside=f"{resident:.0f} MiB before the first of {count:,} updates",
    )
    bare.stop()


def _accepted(
    house: House, bare: Bare, table: Table, per_body: int, name: str, goal: int
) -> float | None:
    title = f"updates accepted a second, {name}"
    raw = house.raw_db()
    try:
        quiet = cpu.quiet_rounds(partial(_round, house, bare, raw, per_body))
    except cpu.NoisyError as error:
        table.refuse(title, str(error))
        return None
    finally:
        raw.client.drop_database(raw.name)
    rounds = quiet.rounds
    ours = [each.ours for each in rounds]
    beside = (
        f"bare Flask {rate([each.flask * per_body for each in rounds])} "
        f"({_ratio(ours, [each.flask * per_body for each in rounds])}), "
        f"raw writes {rate([each.raw for each in rounds])} "
        f"({_ratio(ours, [each.raw for each in rounds])})"
    )
    table.add(title, rate(ours), goal=f"{goal:,}", beside=beside, foreign=quiet.foreign)
    if per_body == 1:
        table.add(
            "processor of the web processes a request",
            f"{statistics.median(each.cpu_us for each in rounds):.0f} µs",
            goal="300",
            beside=f"bare Flask {statistics.median(each.flask_cpu_us for each in rounds):.0f} µs",
            foreign=quiet.foreign,
        )
    return statistics.median(ours)


def _ratio(ours: list[float], theirs: list[float]) -> str:
    return f"{statistics.median(a / b for a, b in zip(ours, theirs, strict=True)):.2f}"


def _round(house: House, bare: Bare, raw: mongo.Db, per_body: int, number: int) -> _Round:
    tag = f"{per_body}.{number}.{time.time_ns()}"
    bodies = _bodies(per_body, int(MOST_PER_S[per_body] * SECONDS), tag)
    requests = [load.post(body, SECRET) for body in bodies]

    def offer(port: int, pid: int) -> tuple[Answers, float]:
        before = cpu.seconds_of(pid)
        answers = load.closed_loop(port, requests, CONNECTIONS[per_body], SECONDS)
        return answers, (cpu.seconds_of(pid) - before) / len(answers.latencies_s) * 1e6

    flask, flask_cpu = offer(bare.port, bare.pid)
    ours, our_cpu = offer(house.shop.web_port, house.web_pid)
    rows = [of_body(body, datetime.now(UTC)) for body in bodies]
    return _Round(
        ours=ours.per_s() * per_body,
        flask=flask.per_s(),
        raw=_raw_writes(raw, rows, RAW_WRITERS[per_body]),
        cpu_us=our_cpu,
        flask_cpu_us=flask_cpu,
    )


def _raw_writes(raw: mongo.Db, groups: list[list[InboxItem]], writers: int) -> float:
    """Rows a second: one insert_many a group, acknowledged and journaled as ours are."""
    waiting = iter(groups)
    deadline = time.perf_counter() + SECONDS / 2

    def write() -> int:
        written = 0
        for group in waiting:
            written += inbox.journal(raw, group)
            if time.perf_counter() > deadline:
                break
        return written

    begun = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        written = sum(pool.map(lambda _: write(), range(writers)))
    return written / (time.perf_counter() - begun)


def _latency(house: House, bare: Bare, table: Table, per_s: float, name: str) -> None:
    title = f"webhook to 200, p50 / p99, {name}"

    def offer(number: int) -> tuple[Answers, Answers]:
        requests = _requests(1, int(per_s * OPEN_S), f"open.{number}.{time.time_ns()}")
        return (
            load.open_loop(house.shop.web_port, requests, per_s, CONNECTIONS[1]).all_good(),
            load.open_loop(bare.port, requests, per_s, CONNECTIONS[1]).all_good(),
        )

    try:
        quiet = cpu.quiet_rounds(offer, rounds=1)
    except cpu.NoisyError as error:
        table.refuse(title, str(error))
        return
    ((ours, flask),) = quiet.rounds
    table.add(
        title,
        milliseconds(ours.latencies_s),
        beside=f"bare Flask {milliseconds(flask.latencies_s)}",
        foreign=quiet.foreign,
    )


def _held(house: House, table: Table) -> None:
    """One good client while many hold half a request open."""
    title = f"webhook to 200, the slowest of 50, while {HALF_OPEN} hold half a request open"

    def offer(number: int) -> Answers:
        requests = _requests(1, 50, f"held.{number}.{time.time_ns()}")
        with ExitStack() as stack:
            for half in range(HALF_OPEN):
                connection = stack.enter_context(load.connect(house.shop.web_port))
                connection.sendall(requests[0][: 40 if half % 2 else -20])
            return load.open_loop(house.shop.web_port, requests, 25.0, 1).all_good()

    try:
        quiet = cpu.quiet_rounds(offer, rounds=1)
    except cpu.NoisyError as error:
        table.refuse(title, str(error))
        return
    (answers,) = quiet.rounds
    slowest = max(answers.latencies_s) * 1000
    table.add(title, f"{slowest:.1f} ms", goal="50", foreign=quiet.foreign)


def _requests(per_body: int, count: int, tag: str) -> list[bytes]:
    return [load.post(body, SECRET) for body in _bodies(per_body, count, tag)]


def _bodies(per_body: int, count: int, tag: str) -> list[bytes]:
    return [load.updates_body(n * per_body, per_body, tag) for n in range(count)]
