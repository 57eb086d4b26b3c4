"""Group commit: the rows of many requests go into the journal in one write.

One write a request is what limits a webhook; writes in groups are worth about ten times as much.
Requests leave their rows and wait; one thread writes all that is waiting and lets them go. Nobody
is let go before their rows are on the disk.
"""

import threading
import time
from collections.abc import Callable, Sequence

from config import logs
from store import inbox, mongo
from store.documents.inbox import InboxItem
from store.mongo import StoreError

# Others that arrive within this time share the write. Alone, a request does not wait for them.
LINGER_S = 0.002
MOST_ROWS = 2_000

log = logs.get(__name__)


class NotJournaledError(Exception):
    """The rows may not have been kept: answer 503, and Meta sends them again."""


class _Group:
    """Rows that are written together, and what came of it."""

    def __init__(self) -> None:
        self.rows: list[InboxItem] = []
        self.requests = 0
        self.duplicates = 0
        self.failed = False
        self.done = threading.Event()


class Journal:
    """One a process, shared by its threads. The writing thread starts with the first request,
    so that a fork after loading does not lose it."""

    def __init__(
        self,
        db: mongo.Db,
        *,
        after: Callable[[set[int]], None],
        wait_s: float = 1.8,
    ) -> None:
        """after: told which shards were written to, once the requests were let go. wait_s: how
        long a request waits for its rows; Meta is answered within two seconds."""
        self._db = db
        self._after = after
        self._wait_s = wait_s
        self._condition = threading.Condition()
        self._open = _Group()
        self._thread: threading.Thread | None = None

    def keep(self, rows: Sequence[InboxItem]) -> None:
        """Return once `rows` are journaled. Safe to repeat. Raises NotJournaledError."""
        if not rows:
            return
        with self._condition:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._write_for_ever, daemon=True)
                self._thread.start()
            group = self._open
            group.rows.extend(rows)
            group.requests += 1
            self._condition.notify()
        if not group.done.wait(self._wait_s) or group.failed:
            raise NotJournaledError

    def _write_for_ever(self) -> None:
        crowded = False
        while True:
            with self._condition:
                while not self._open.rows:
                    self._condition.wait()
            if crowded:
                time.sleep(LINGER_S)
            with self._condition:
                group, self._open = self._open, _Group()
            crowded = group.requests > 1
            self._write(group)

    def _write(self, group: _Group) -> None:
        try:
            for start in range(0, len(group.rows), MOST_ROWS):
                part = group.rows[start : start + MOST_ROWS]
                group.duplicates += len(part) - inbox.journal(self._db, part)
        except StoreError:
            group.failed = True
            log.warning("webhooks could not be journaled", count=group.requests)
        except Exception:
            group.failed = True
            log.exception("webhooks could not be journaled", count=group.requests)
        finally:
            group.done.set()
        if not group.failed:
            self._after({row["shard"] for row in group.rows})
