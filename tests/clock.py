"""The moment at which tests happen, and how to wait for what happens by itself."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # noon in Pune
T = TypeVar("T")


def eventually(
    question: Callable[[], T], *, within_s: float = 15.0, what: str | Callable[[], str] = ""
) -> T:
    """Ask until the answer is truthy, and return it; fail with the last answer at the deadline.

    what: should happen, for the failure; asked for only then where it is a function.
    """
    deadline = time.monotonic() + within_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            named = what() if callable(what) else what
            raise AssertionError(f"{named or 'it'} did not happen within {within_s} s: {answer!r}")
        time.sleep(0.02)
