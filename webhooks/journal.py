"""Group commit: the rows of many requests go into the journal in one write.

One write a request is what limits a webhook; writes in groups are worth about ten times as much.
Requests leave their rows in the last group; one thread writes group after group and lets them go.
Nobody is let go before their rows are on the disk.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from config import logs, tracing
from store import inbox, mongo
from store.documents.inbox import InboxItem
from store.mongo import StoreError

# Others that arrive within this time share the write. Alone, a request does not wait for them.
LINGER_S = 0.002
MOST_ROWS = 2_000  # of a group, so that those who came first are let go first
MOST_GROUPS = 16  # waiting in a process: more would be too late for Meta, and cost memory
# While the store is away nobody waits for it: this often it is asked whether it is back.
PROBE_S = 0.25
_ANSWER_S = 1.0

log = logs.get(__name__)


class NotJournaledError(Exception):
    """The rows may not have been kept: answer 503, and Meta sends them again."""


class Group:
    """Rows that are written together, and what came of it. until: when waiting for it ends,
    monotonic seconds. kept: None until that is known."""

    __slots__ = ("_calls", "_done", "_lock", "kept", "requests", "rows", "until")

    def __init__(self, until: float) -> None:
        self.rows: list[InboxItem] = []
        self.requests = 0
        self.until = until
        self.kept: bool | None = None
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], object]] = []

    def wait(self) -> None:
        """Return once the rows are on the disk. Raises NotJournaledError."""
        self._done.wait(max(0.0, self.until - time.monotonic()))
        if not self.kept:
            raise NotJournaledError

    def when_done(self, call: Callable[[], object]) -> None:
        """Have `call` called, in whatever thread, once it is known what came of the group."""
        with self._lock:
            if self.kept is None:
                self._calls.append(call)
                return
        call()

    def settle(self, *, kept: bool) -> None:
        """Let everybody go who waits."""
        with self._lock:
            self.kept = kept
            calls, self._calls = self._calls, []
        self.rows = []  # whoever still holds the group wants its outcome alone
        self._done.set()
        for call in calls:
            with suppress(RuntimeError):  # an event loop that has been closed meanwhile
                call()


class Journal:
    """One a process, shared by its threads. The writing thread starts with the first request,
    so that a fork after loading does not lose it."""

    def __init__(
        self,
        db: mongo.Db,
        *,
        after: Callable[[set[int], set[int]], None],
        wait_s: float = 1.6,
    ) -> None:
        """after: told which shards were written to, and in which of them somebody said something,
        once the requests were let go. wait_s: how
        long a request waits for its rows; Meta is answered within two seconds."""
        self._db = db
        self._after = after
        self._wait_s = wait_s
        self._condition = threading.Condition()
        self._groups: deque[Group] = deque()
        self._away = False
        self._thread: threading.Thread | None = None

    def keep(self, rows: Sequence[InboxItem]) -> None:
        """Return once `rows` are journaled. Safe to repeat. Raises NotJournaledError."""
        if rows:
            self.join(rows).wait()

    def join(self, rows: Sequence[InboxItem]) -> Group:
        """Leave `rows`, at least one, to be written with the next group; returns at once.

        Raises NotJournaledError while the store is known to be away, or too much is waiting for it:
        whoever waited too would only hold up who comes later.
        """
        with self._condition:
            group = self._roomy()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._write_for_ever, daemon=True)
                self._thread.start()
            group.rows.extend(rows)
            group.requests += 1
        return group

    def _roomy(self) -> Group:
        if self._away:
            raise NotJournaledError
        if not self._groups or len(self._groups[-1].rows) >= MOST_ROWS:
            if len(self._groups) == MOST_GROUPS:
                raise NotJournaledError
            self._groups.append(Group(until=time.monotonic() + self._wait_s))
            self._condition.notify()
        return self._groups[-1]

    def _write_for_ever(self) -> None:
        crowded = False
        while True:
            with self._condition:
                while not self._groups:
                    self._condition.wait()
            if crowded:
                time.sleep(LINGER_S)
            with self._condition:
                group = self._groups.popleft()
            crowded = group.requests > 1
            if group.until < time.monotonic():  # they were answered that it was not kept
                group.settle(kept=False)
            elif not self._write(group):
                self._wait_for_the_store()

    def _write(self, group: Group) -> bool:
        kept = False
        shards: set[int] = set()
        said: set[int] = set()
        begun, rows = tracing.clock(), group.rows
        try:
            inbox.journal(self._db, group.rows)
            shards = {row["shard"] for row in group.rows}
            said = {row["shard"] for row in group.rows if row["kind"] in inbox.SAID}
            kept = True
        except StoreError:
            log.warning("webhooks could not be journaled", count=group.requests)
        except Exception:
            log.exception("webhooks could not be journaled", count=group.requests)
        finally:
            group.settle(kept=kept)
        if tracing.on():
            for trace in {row.get("trace") for row in rows}:
                tracing.record("journal commit", trace, begun, rows=len(rows), kept=kept)
        if kept:
            self._after(shards, said)
        return kept

    def _wait_for_the_store(self) -> None:
        """Turn everybody away until the store answers again."""
        with self._condition:
            self._away = True
            turned_away = list(self._groups)
            self._groups.clear()
        for group in turned_away:
            group.settle(kept=False)
        while not self._answers():
            time.sleep(PROBE_S)
        with self._condition:
            self._away = False

    def _answers(self) -> bool:
        try:
            with mongo.patience(_ANSWER_S):
                mongo.ping(self._db)
        except StoreError:
            return False
        return True
