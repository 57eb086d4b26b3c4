"""Whether a worker's threads get on: what each is about, and since when, seen from outside.

Some code cannot be interrupted from within (an engine in C that never returns holds the whole
interpreter), so the supervisor looks at a few numbers in shared memory, and ends the process.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from secrets import token_hex
from typing import Any

THREADS = 8  # at most that many of one process are watched


class Pulse:
    """One worker process's. Made by its supervisor, handed to it when it is started.

    name: the process's own, by which it holds its shards.
    """

    def __init__(self, context: ForkServerContext) -> None:
        self.name = token_hex(8)
        self._since: Any = context.Array("d", THREADS, lock=False)

    def stuck_s(self) -> float:
        """For how long the slowest thread has not taken a step; 0 where none is at work."""
        now = time.time()
        return max((now - since for since in list(self._since) if since), default=0.0)

    @contextmanager
    def at_work(self, thread: int) -> Iterator[None]:
        """Thread number `thread` is at work within this; it takes its steps with `step`."""
        self._since[thread] = time.time()
        _HERE.place = (self, thread)
        try:
            yield
        finally:
            self._since[thread] = 0.0
            _HERE.place = None

    def _step(self, thread: int) -> None:
        self._since[thread] = time.time()


_HERE = threading.local()


def step() -> None:
    """This thread gets on. Nothing where nobody watches it."""
    place = getattr(_HERE, "place", None)
    if place is not None:
        pulse, thread = place
        pulse._step(thread)
