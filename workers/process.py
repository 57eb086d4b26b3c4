"""What a worker or clock process holds: its runtime, the rules it took up, and whether to stop."""

import signal
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

import runtime
from config import logs
from config import settings as config_settings
from rules.books import Books
from runtime import Runtime


@dataclass(frozen=True, slots=True)
class Process:
    """Built when the first job runs, after any fork, and kept for all that follow."""

    rt: Runtime
    books: Books
    stopping: threading.Event = field(default_factory=threading.Event)


@cache
def this() -> Process:
    """The process's own. Connects when first used."""
    settings = config_settings.load()
    return Process(runtime.build(settings), Books(settings))


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def start(level: str) -> None:
    """Log as the rest does, and note a SIGTERM so that a long job ends between two steps."""
    logs.configure(level)
    signal.signal(signal.SIGTERM, lambda *_: this().stopping.set())
