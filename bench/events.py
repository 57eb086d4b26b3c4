"""Figures of handling: events a second by one worker process with 1,000 rules published.

Beside them, in the same rounds: the least that any handling must write, in bulk and with nothing
decided (each row found, its person touched, an event kept, the row marked done).
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bson import ObjectId
from pymongo import UpdateOne

from bench import cpu, load
from bench.house import House
from bench.table import Table, rate
from campaigns import service
from config.settings import ROOT
from contacts import touch
from contacts.identity import Identity
from deliveries import outbox
from deliveries.outbox import Order
from demo import servers
from rules import publish
from store import inbox, mongo, queue, redis
from store.documents.delivery import DeliveryStatus, Purpose
from store.documents.inbox import InboxItem, InboxState
from webhooks.rows import of_body

RULES = 1_000
EVENTS = int(os.environ.get("BENCH_EVENTS", "22000"))  # a kind and round
PER_BODY = 100
CAMPAIGN = "bench"
HELLO: dict[str, object] = {
    "campaign": CAMPAIGN,
    "type": "triggered",
    "message": {"text": "hello"},
    "trigger": {"event": "never"},
}
STATUSES_A_MESSAGE = 10
_GOAL = 5_000
_RAW_BATCH = 500
_WAIT_S = 600.0
_TOUCHED_S = 60

Text = Callable[[int], str]
NOTHING: Text = lambda n: f"none of your business {n}"  # noqa: E731  # three texts in a row
ATTRIBUTE: Text = lambda n: f"is keyword{1 + 2 * (n % 160)} there?"  # noqa: E731
REPLY: Text = lambda n: f"is keyword{2 * (n % 160)} there?"  # noqa: E731


@dataclass(frozen=True, slots=True)
class _Round:
    """events a second; microseconds of processor an event."""

    ours: float
    raw: float
    worker_us: float
    mongod_us: float


def run(house: House, table: Table) -> None:
    """All figures of this group."""
    service.define(house.db, CAMPAIGN, HELLO, "bench", now())
    publish.publish(house.db, rule_files(), by="bench", note="", now=now())
    house.empty_journal()
    with _worker(house) as pid:
        resident = 0.0
        for name, goal, rows in (
            ("as they come: ten statuses a message", f"{_GOAL:,}", _mixed),
            ("statuses", "", _statuses),
            ("messages that no rule answers", "", partial(_messages, EVENTS, NOTHING)),
            ("messages that set an attribute", "", partial(_messages, EVENTS // 2, ATTRIBUTE)),
            ("messages that are answered", "", partial(_messages, EVENTS // 2, REPLY)),
        ):
            _figure(house, table, pid, name, goal, rows)
            resident = resident or cpu.resident_mib(pid)
        table.add(
            "resident memory of the worker",
            f"{cpu.resident_mib(pid):.0f} MiB",
            goal="flat",
            beside=f"{resident:.0f} MiB after the first kind of "
            f"{house.db.inbox.estimated_document_count():,} events",
        )


def rule_files(rules: int = RULES) -> dict[str, str]:
    """{name: text}: a third ask for an intent, a third for an attribute too, a third for what
    became of a campaign. Of the first, every other one replies."""
    lines = ["intents:"]
    lines += [
        f'  intent_{n}: {{words: [keyword{n}], phrases: ["where is item {n}"]}}'
        for n in range(rules // 3 + 1)
    ]
    lines.append("rules:")
    for n in range(rules):
        intent = f"intent: intent_{n // 3}"
        where = f"contact.attributes.city: city_{n}, contact.attributes.orders: {{gte: {n % 7}}}"
        answered = f"campaign: {CAMPAIGN}, event: replied, button: B{n}"
        when = (intent, f"{intent}, {where}", answered)[n % 3]
        then = "set_attributes: {seen: 1}" if n % 2 else "reply: Here you are"
        lines.append(f"  - rule: rule_{n}\n    when: {{{when}}}\n    then: [{{{then}}}]")
    return {"bench.yaml": "\n".join(lines) + "\n"}


def _figure(
    house: House,
    table: Table,
    pid: int,
    name: str,
    goal: str,
    rows: Callable[[House, str], list[InboxItem]],
) -> None:
    title = f"events handled a second by one worker, {name}"
    try:
        quiet = cpu.quiet_rounds(lambda _: _round(house, pid, rows(house, f"{time.time_ns()}")))
    except cpu.NoisyError as error:
        table.refuse(title, str(error))
        return
    rounds = quiet.rounds
    ratio = statistics.median(each.ours / each.raw for each in rounds)
    beside = (
        f"bare writes {rate([each.raw for each in rounds])} ({ratio:.2f}); "
        f"worker {statistics.median(each.worker_us for each in rounds):.0f} µs, "
        f"mongod {statistics.median(each.mongod_us for each in rounds):.0f} µs of processor each"
    )
    table.add(title, rate([each.ours for each in rounds]), goal=goal, beside=beside,
              foreign=quiet.foreign)  # fmt: skip


def _round(house: House, pid: int, rows: list[InboxItem]) -> _Round:
    for at in range(0, len(rows), 1_000):
        inbox.journal(house.db, rows[at : at + 1_000])
    client = redis.connect(house.settings.redis_url)
    worker, mongod = cpu.seconds_of(pid), cpu.seconds_of(house.mongod.process.pid)
    begun = time.perf_counter()
    queue.wake_shards(client, range(inbox.SHARDS))
    _until_handled(house)
    took = time.perf_counter() - begun
    worker = (cpu.seconds_of(pid) - worker) / len(rows) * 1e6
    mongod = (cpu.seconds_of(house.mongod.process.pid) - mongod) / len(rows) * 1e6
    return _Round(len(rows) / took, _raw(house, rows), worker, mongod)


def _until_handled(house: House) -> None:
    deadline = time.monotonic() + _WAIT_S
    while house.db.inbox.find_one({"state": InboxState.NEW}, {"_id": 1}, hint="waiting_by_kind"):
        if time.monotonic() > deadline:
            raise TimeoutError("the worker did not get through")
        time.sleep(0.02)


def _raw(house: House, rows: list[InboxItem]) -> float:
    """The bare writes, in a database of their own."""
    raw = house.raw_db()
    try:
        for at in range(0, len(rows), 1_000):
            inbox.journal(raw, rows[at : at + 1_000])
        people = [
            {"_id": who, "wa_id": f"{n:012}", "attributes": {}, "segments": []}
            for n, who in enumerate({row["who"] for row in rows})
        ]
        raw.contacts.insert_many(people)
        begun = time.perf_counter()
        for at in range(0, len(rows), _RAW_BATCH):
            _write(raw, [row["_id"] for row in rows[at : at + _RAW_BATCH]])
        return len(rows) / (time.perf_counter() - begun)
    finally:
        raw.client.drop_database(raw.name)


def _write(raw: mongo.Db, ids: list[str]) -> None:
    now = datetime.now(UTC) + timedelta(seconds=_TOUCHED_S)
    found = list(mongo.inbox(raw).find({"_id": {"$in": ids}}))
    raw.contacts.bulk_write(
        [UpdateOne({"_id": row["who"]}, {"$max": {"window_until": now}}) for row in found],
        ordered=False,
    )
    raw.events.insert_many(
        [
            {"_id": row["_id"], "contact_id": row["who"], "at": row["at"], "text": row["payload"]}
            for row in found
        ],
        ordered=False,
    )
    inbox.finish(raw, ids, now)


@contextmanager
def _worker(house: House) -> Iterator[int]:
    """One supervised worker process of the events queue; its supervisor's id."""
    log = Path(house.logs) / "bench-worker.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.worker", queue.EVENTS],
            cwd=ROOT,
            env={**os.environ, **house.env},
            stdout=output,
            stderr=output,
            preexec_fn=servers.die_with_parent,
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _mixed(house: House, tag: str) -> list[InboxItem]:
    said = EVENTS // (STATUSES_A_MESSAGE + 1)
    third = said // 3
    texts = (NOTHING, ATTRIBUTE, REPLY)
    rows = _statuses(house, tag, EVENTS - third * 3)
    for n, text in enumerate(texts):
        rows += _messages(third, text, house, f"{tag}.{n}")
    return rows


def _messages(count: int, text: Text, house: House, tag: str) -> list[InboxItem]:  # noqa: ARG001  # called as _statuses is
    return _rows(
        load.body(
            {
                "messages": [
                    load.message(f"said.{tag}.{n}", f"9197{n % 2_000:08d}", text(n))
                    for n in range(first, min(first + PER_BODY, count))
                ]
            }
        )
        for first in range(0, count, PER_BODY)
    )


def _statuses(house: House, tag: str, count: int = EVENTS) -> list[InboxItem]:
    return _rows(status_bodies(house, tag, count))


def status_bodies(house: House, tag: str, count: int) -> Iterator[bytes]:
    """Webhooks with three statuses for each of the messages of a run, which are made for it."""
    at = now()
    people = [
        touch.new_contact(Identity(f"91{tag[-6:]}{n:06d}"), None, "bench", at)
        for n in range(count // 3)
    ]
    mongo.contacts(house.db).insert_many(people)
    run_id = ObjectId()
    house.db.runs.insert_one(
        {"_id": run_id, "campaign": CAMPAIGN, "number": time.time_ns(), "version": 1,
         "started_at": at, "ended_at": None, "counters": {"accepted": len(people)},
         "tallies": {}}
    )  # fmt: skip
    owed = []
    for n, person in enumerate(people):
        order = Order(f"run:{tag}", person["_id"], Purpose.CAMPAIGN, "marketing", {}, at,
                      campaign=CAMPAIGN, run_id=run_id)  # fmt: skip
        row = outbox.document(order, at, DeliveryStatus.ACCEPTED, None)
        row["wamid"] = str(load.status(f"{tag}.{n}", "sent", "")["id"])
        owed.append(row)
    mongo.deliveries(house.db).insert_many(owed)
    reports = [
        load.status(f"{tag}.{n}", status, people[n]["wa_id"] or "", str(row["_id"]))
        for status in ("sent", "delivered", "read")
        for n, row in enumerate(owed)
    ]
    return (
        load.body({"statuses": reports[first : first + PER_BODY]})
        for first in range(0, len(reports), PER_BODY)
    )


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def _rows(bodies: Iterator[bytes]) -> list[InboxItem]:
    return [row for body in bodies for row in of_body(body, datetime.now(UTC))]
