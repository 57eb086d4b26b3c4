"""The moment at which tests happen, and how to wait for what happens by itself."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # noon in Pune
T = TypeVar("T")


def eventually(question: Callable[[], T], *, within_s: float = 15.0, what: str = "") -> T:
    """Ask until the answer is truthy, and return it; fail with the last answer at the deadline."""
    deadline = time.monotonic() + within_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or 'it'} did not happen within {within_s} s: {answer!r}")
        time.sleep(0.02)
