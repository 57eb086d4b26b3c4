"""What a worker or clock process holds: its runtime, the rules it took up, and whether to stop."""

import signal
import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import runtime
from config import clock, logs
from config import settings as config_settings
from rules.books import Books
from runtime import Runtime
from workers.pulse import Pulse


@dataclass(frozen=True, slots=True)
class Process:
    """Built when the first job runs, after any fork, and kept for all that follow."""

    rt: Runtime
    books: Books
    stopping: threading.Event = field(default_factory=threading.Event)
    pulse: Pulse | None = None  # where a supervisor watches

    @property
    def name(self) -> str:
        """By which it holds its shards; empty where nobody would free them."""
        return self.pulse.name if self.pulse else ""

    def at_work(self, thread: int) -> AbstractContextManager[None]:
        """Within this, the process's thread number `thread` is watched."""
        return self.pulse.at_work(thread) if self.pulse else nullcontext()


_watched: list[Pulse] = []


def watch(pulse: Pulse) -> None:
    """Say who watches this process, before anything asks for `this`."""
    _watched.append(pulse)


@cache
def this() -> Process:
    """The process's own. Connects when first used."""
    settings = config_settings.load()
    pulse = _watched[0] if _watched else None
    return Process(runtime.build(settings), Books(settings), pulse=pulse)


def now() -> datetime:
    """The time, aware, in UTC."""
    return clock.now()


def start(level: str) -> None:
    """Log as the rest does, and note a SIGTERM so that a long job ends between two steps."""
    logs.configure(level)
    signal.signal(signal.SIGTERM, lambda *_: this().stopping.set())
