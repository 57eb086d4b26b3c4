"""Handle one shard's journal, oldest first, while we hold its lease.

An item that raises, or whose worker died, is tried again alone and with the Python engine, and set
aside as a dead letter after three tries; the others of its shard go on.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby

from config import logs, metrics
from events import items
from events.items import Work
from rules.book import RuleBook
from rules.books import Books, NoRulesError
from runtime import Runtime
from store import inbox, queue, shards
from store.documents.inbox import InboxItem, InboxKind
from store.mongo import StoreError
from store.redis import RedisDownError

BATCH = 200
_RENEW_AFTER_S = shards.LEASE.total_seconds() / 4
MAX_TRIES = 3
Clock = Callable[[], datetime]

log = logs.get(__name__)


@dataclass(slots=True)
class _Pass:
    """One worker's way through a shard. failed: items to leave alone for the rest of it."""

    rt: Runtime
    books: Books
    clock: Clock
    failed: set[str] = field(default_factory=set)
    handled: int = 0


def drain(
    rt: Runtime,
    books: Books,
    shard: int,
    clock: Clock,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Handle what waits in `shard`; say how many items. Nothing where another holds the shard.

    Raises StoreError where MongoDB is away: what was not finished is handled again.
    """
    one = _Pass(rt, books, clock)
    while not stop():
        token = shards.lease(rt.db, shard, clock())
        if token is None:
            break
        try:
            _while_held(one, shard, token, stop)
        finally:
            shards.release(rt.db, shard, token, clock())
        # Somebody may have been turned away between our last look and the release.
        if not [i for i in inbox.next_of(rt.db, shard, BATCH) if i["_id"] not in one.failed]:
            break
    return one.handled


def _while_held(one: _Pass, shard: int, token: str, stop: Callable[[], bool]) -> None:
    renewed = time.monotonic()
    while not stop():
        if time.monotonic() - renewed > _RENEW_AFTER_S:
            if not shards.renew(one.rt.db, shard, token, one.clock()):
                return
            renewed = time.monotonic()
        waiting = inbox.next_of(one.rt.db, shard, BATCH + len(one.failed))
        batch = [item for item in waiting if item["_id"] not in one.failed]
        if not batch:
            return
        for part in _parts(batch):
            _handle(one, part)
            if time.monotonic() - renewed > _RENEW_AFTER_S:
                break  # renew first; what is left is found again


def _parts(batch: Sequence[InboxItem]) -> Iterator[list[InboxItem]]:
    """Runs of statuses together, runs of other fresh items together, each suspect alone."""
    for alone, group in groupby(batch, key=lambda item: item["tries"] > 0):
        if alone:
            yield from ([item] for item in group)
            continue
        for _, fresh in groupby(group, key=lambda item: item["kind"] == InboxKind.STATUS):
            yield list(fresh)


def _handle(one: _Pass, part: list[InboxItem]) -> None:
    db = one.rt.db
    if part[0]["tries"] >= MAX_TRIES:
        inbox.bury(db, part[0]["_id"], part[0].get("reason") or "its worker died each time")
        metrics.dead(part[0]["kind"])
        log.error("an event was set aside", event_id=logs.short(part[0]["_id"]), tries=MAX_TRIES)
        return
    suspect = part[0]["tries"] > 0
    inbox.begin(db, [item["_id"] for item in part])
    work = Work(one.rt, _book(one, plain=suspect), one.clock())
    if part[0]["kind"] == InboxKind.STATUS:
        _attempt(one, part, partial(items.statuses_in, work, part))
    else:
        for item in part:
            _attempt(one, [item], partial(items.one, work, item))
    if work.messages_owed:
        _wake_sender(one.rt)
    if work.shards:
        _wake_shards(one.rt, work.shards)


def _attempt(one: _Pass, part: Sequence[InboxItem], handle: Callable[[], Sequence[str]]) -> None:
    """Handle `part` and mark what is done. What raises waits for its next try."""
    try:
        done = handle()
    except StoreError:
        raise  # says nothing about the event: MongoDB is away
    except queue.JobTimeout:
        raise
    except Exception as error:  # whatever an event does to us, its shard goes on
        one.failed.update(item["_id"] for item in part)
        for item in part:
            inbox.failed(one.rt.db, item["_id"], f"{type(error).__name__}: {error}")
        log.exception(
            "an event could not be handled",
            event_id=logs.short(part[0]["_id"]),
            kind=part[0]["kind"],
            count=len(part),
            tries=part[0]["tries"] + 1,
        )
        return
    now = one.clock()
    inbox.finish(one.rt.db, list(done), now)
    for item in part:
        if item["_id"] in done:
            metrics.handled(item["kind"], item["at"], item["received_at"], now)
    one.handled += len(done)


def _book(one: _Pass, *, plain: bool) -> RuleBook | None:
    try:
        return one.books.plain(one.rt.db) if plain else one.books.current(one.rt.db)
    except NoRulesError:
        return None


def _wake_sender(rt: Runtime) -> None:
    try:
        queue.wake_sender(rt.redis)
    except RedisDownError:
        log.warning("what is owed waits for the sweep")


def _wake_shards(rt: Runtime, which: set[int]) -> None:
    try:
        queue.wake_shards(rt.redis, which)
    except RedisDownError:
        log.warning("events wait for the sweep", count=len(which))
