"""Do something a little later: one thread, one heap, in order of time."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)
Task = Callable[[], None]


class Agenda:
    """Tasks run one at a time on the agenda's own thread. They must be short and may add others."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Task]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._running = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="agenda", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the task at hand finish and forget the rest."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(5)

    def after(self, seconds: float, task: Task) -> None:
        with self._wake:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), task))
            self._wake.notify()

    def clear(self) -> None:
        with self._wake:
            self._heap.clear()

    def __len__(self) -> int:
        """Tasks that wait or run."""
        with self._wake:
            return len(self._heap) + self._running

    def _next(self) -> Task | None:
        """Wait for the next due task; None once stopped."""
        with self._wake:
            self._running = 0
            while not self._stopping:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    self._running = 1
                    return heapq.heappop(self._heap)[2]
                self._wake.wait(wait)
            return None

    def _run(self) -> None:
        while task := self._next():
            try:
                task()
            except Exception:
                log.exception("a task failed; the agenda goes on")
