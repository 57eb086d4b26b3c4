"""Handle one shard's journal, in order, while we hold its lease.

What people said goes before statuses that are only counted, but never before an earlier event of
the same person. A batch that raises is handled again one by one; an item that raises alone, or
whose worker died, is tried again alone and with the Python engine, and set aside as a dead letter
after three tries. The others of its shard go on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from config import logs, metrics
from events import items, traces
from events.order import waves
from events.work import Work
from rules.book import RuleBook
from rules.books import Books, NoRulesError
from runtime import Runtime
from store import inbox, queue, shards
from store.documents.inbox import InboxItem, InboxKind
from store.mongo import StoreError
from store.redis import RedisDownError
from store.shards import Hold

BATCH = 500
MAX_TRIES = 3
_RENEW_AFTER_S = shards.LEASE.total_seconds() / 4
Clock = Callable[[], datetime]

log = logs.get(__name__)


class LostHoldError(Exception):
    """Another worker has the shard now."""


@dataclass(slots=True)
class _Pass:
    """One worker's way through a shard. left: items to leave alone for the rest of it."""

    rt: Runtime
    books: Books
    clock: Clock
    shard: int
    left: set[str] = field(default_factory=set)
    handled: int = 0

    def waiting(self) -> list[InboxItem]:
        """What to handle next: what people said, and the earlier statuses of those who said it;
        statuses where nobody said anything."""
        db, left = self.rt.db, sorted(self.left)
        said = inbox.said_next(db, self.shard, BATCH, left)
        if not said:
            return inbox.statuses_next(db, self.shard, BATCH, left)
        whos = {row["who"] for row in said if row["who"]}
        earlier = inbox.statuses_of(db, self.shard, whos, BATCH, left) if whos else []
        # There may be more of theirs than we read: what they said then waits for them.
        return earlier if len(earlier) == BATCH else earlier + said


def drain(
    rt: Runtime,
    books: Books,
    shard: int,
    clock: Clock,
    stop: Callable[[], bool] = lambda: False,
    holder: str = "",
) -> int:
    """Handle what waits in `shard`; say how many items. Nothing where another holds the shard.

    stop: asked before each step whether to leave. holder: the name of this process.

    Raises StoreError where MongoDB is away: what was not finished is handled again.
    """
    one = _Pass(rt, books, clock, shard)
    while not stop():
        hold = shards.lease(rt.db, shard, clock(), holder)
        if hold is None:
            break
        inbox.suspect(rt.db, hold.left)
        try:
            _Holding(one, hold, stop).work()
        except LostHoldError:
            log.warning("a shard was taken over", shard=shard)
            break
        except queue.JobTimeout:
            raise  # what was in hand stays noted: it may be what took so long
        except BaseException:
            shards.release(rt.db, hold, clock())
            raise
        shards.release(rt.db, hold, clock())
        # Somebody may have been turned away between our last look and the release.
        if not one.waiting():
            break
    return one.handled


class _Holding:
    """A pass while it has the shard's lease."""

    def __init__(self, one: _Pass, hold: Hold, stop: Callable[[], bool]) -> None:
        self._pass = one
        self._hold = hold
        self._stop = stop
        self._renewed = time.monotonic()

    def work(self) -> None:
        while not self._stop():
            batch = self._pass.waiting()
            if not batch:
                return
            for part in waves(batch):
                self._handle(part)
                if self._stop():
                    return

    def _handle(self, part: list[InboxItem]) -> None:
        one = self._pass
        if part[0]["tries"] >= MAX_TRIES:
            row = part[0]
            inbox.bury(one.rt.db, row["_id"], row.get("reason") or "its worker died each time")
            metrics.dead(row["kind"])
            log.error("an event was set aside", event_id=logs.short(row["_id"]), tries=MAX_TRIES)
            return
        book = _book(one, plain=part[0]["tries"] > 0)
        work = Work(
            one.rt,
            book,
            one.clock(),
            hold=self._keep,
            wake_sender=partial(_wake_sender, one.rt),
            directories=one.books.segments,
            book_at=partial(one.books.at, one.rt.db),
        )
        try:
            error = self._attempt(work, part)
            if error is not None and len(part) > 1:
                log.warning("a batch is handled one by one", count=len(part), exc_info=error)
                for row in part:
                    if self._stop():
                        return
                    self._alone(work, row)
            elif error is not None:
                self._failed(part[0], error)
        finally:
            _wake(work)

    def _alone(self, work: Work, row: InboxItem) -> None:
        if (error := self._attempt(work, [row])) is not None:
            self._failed(row, error)

    def _attempt(self, work: Work, part: Sequence[InboxItem]) -> Exception | None:
        """Handle `part` together and mark what is done; what it raised, if it did."""
        one = self._pass
        ids = [row["_id"] for row in part]
        if not shards.begin(one.rt.db, self._hold, ids, one.clock()):
            raise LostHoldError
        self._renewed = time.monotonic()
        status = part[0]["kind"] == InboxKind.STATUS
        handle = partial(items.statuses_in if status else items.said_in, work, part)
        try:
            with traces.opened(work, part):
                done = handle()
        except (StoreError, queue.JobTimeout, LostHoldError):
            raise  # says nothing about the events
        except Exception as error:  # noqa: BLE001  # whatever events do to us, their shard goes on
            return error
        now = one.clock()
        inbox.finish(one.rt.db, done, now)
        finished = set(done)
        for row in part:
            if row["_id"] in finished:
                metrics.handled(row["kind"], row["at"], row["received_at"], now)
        one.left.update(set(ids) - finished)  # parked, handed to another shard, or to wait
        one.handled += len(done)
        return None

    def _failed(self, row: InboxItem, error: Exception) -> None:
        self._pass.left.add(row["_id"])
        inbox.failed(self._pass.rt.db, row["_id"], f"{type(error).__name__}: {error}")
        log.error(
            "an event could not be handled",
            event_id=logs.short(row["_id"]),
            kind=row["kind"],
            tries=row["tries"] + 1,
            exc_info=error,
        )

    def _keep(self) -> None:
        """Renew the lease where that is due; raise LostHoldError where it is lost."""
        if time.monotonic() - self._renewed > _RENEW_AFTER_S:
            if not shards.renew(self._pass.rt.db, self._hold, self._pass.clock()):
                raise LostHoldError
            self._renewed = time.monotonic()


def _book(one: _Pass, *, plain: bool) -> RuleBook | None:
    try:
        return one.books.plain(one.rt.db) if plain else one.books.current(one.rt.db)
    except NoRulesError:
        return None


def _wake(work: Work) -> None:
    """Have done what the work left to do; where Redis is away, the sweep does."""
    work.send()
    if work.shards:
        try:
            queue.wake_shards(work.rt.redis, work.shards, work.shards)
        except RedisDownError:
            log.warning("events wait for the sweep", count=len(work.shards))


def _wake_sender(rt: Runtime) -> None:
    try:
        queue.wake_sender(rt.redis)
    except RedisDownError:
        log.warning("what is owed waits for the sweep")
