"""Calls to Meta that are under way at once: a rolling window, so that a hanging one holds up none.

Threads that live as long as the process, each with a connection of its own that is kept alive.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from config import logs, tracing
from whatsapp.client import Outcome, Unanswered

# In flight at 1,000 a second: 100 ms at Meta, and 100 ms until a round records them.
SIZE = 256
_STACK_BYTES = 512 * 1024
T = TypeVar("T")

log = logs.get(__name__)
_jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
_threads: list[threading.Thread] = []
_lock = threading.Lock()


class Window(Generic[T]):
    """Calls of one sender, each known by a `T`. To be used from one thread."""

    def __init__(self, call: Callable[[dict[str, Any]], Outcome]) -> None:
        self._call = call
        self._done: SimpleQueue[tuple[T, Outcome]] = SimpleQueue()
        self.under_way = 0

    def free(self) -> int:
        """How many more may begin."""
        return SIZE - self.under_way

    def begin(self, what: T, body: dict[str, Any]) -> None:
        """Have `body` posted."""
        call, done, trace = self._call, self._done, tracing.current()

        def post() -> None:
            try:
                with tracing.within(trace):
                    outcome = call(body)
            except Exception:  # whatever it was, the message may have left
                log.exception("a send failed in a way that nobody foresaw")
                outcome = Unanswered("an error of our own while it was sent")
            done.put((what, outcome))

        self.under_way += 1
        _ensure_threads(self.under_way)
        _jobs.put(post)

    def ended(self, wait_s: float, linger_s: float) -> list[tuple[T, Outcome]]:
        """What came of calls meanwhile. Waits for a first one, and a moment for more of them:
        many are recorded at the price of one. Empty where none ended."""
        found: list[tuple[T, Outcome]] = []
        patience = wait_s
        try:
            while len(found) < self.under_way:
                found.append(self._done.get(timeout=patience))
                patience = linger_s if len(found) == 1 else 0.001
        except Empty:
            pass
        self.under_way -= len(found)
        return found


def _ensure_threads(wanted: int) -> None:
    with _lock:
        while len(_threads) < min(wanted, SIZE):
            # The usual stacks of so many threads are a gigabyte, which a worker may not have.
            usual = threading.stack_size(_STACK_BYTES)
            try:
                thread = threading.Thread(target=_work, name=f"send-{len(_threads)}", daemon=True)
                thread.start()
            finally:
                threading.stack_size(usual)
            _threads.append(thread)


def _work() -> None:
    while True:
        _jobs.get()()
