"""Things that go wrong on purpose: `PUT /sim/faults`, drawn from a seeded generator."""

import random
import threading
from typing import Annotated, Literal

from pydantic import Field

from simulator.people import digits
from simulator.settings import Loose, Share

Kind = Literal["ok", "error", "async_error", "timeout_before", "timeout_after", "http_5xx"]


class ErrorShare(Loose):
    """`code` for a share of the sends; only for those to the number `to`, where it is given."""

    code: int
    share: Share = 1.0
    to: str | None = None

    def concerns(self, addressed: str) -> bool:
        return self.to is None or digits(self.to) == digits(addressed)


class Fault(Loose):
    """What one send meets. code: Meta's, for `error` and `async_error`; HTTP's for `http_5xx`."""

    kind: Kind
    code: int | None = None


class Faults(Loose):
    """errors: refused synchronously. async_errors: accepted, then reported as failed.

    timeout_before: the connection ends without an answer and nothing was accepted.
    timeout_after: the same, but the message was accepted and its statuses flow.
    hang_s: how long such a connection stays open first. latency_ms: before each answer.
    next: consumed one by one by the sends that follow, before any share is drawn.
    """

    errors: list[ErrorShare] = Field(default_factory=list)
    async_errors: list[ErrorShare] = Field(default_factory=list)
    timeout_before: Share = 0.0
    timeout_after: Share = 0.0
    http_5xx: Share = 0.0
    hang_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    latency_ms: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] = (0, 0)
    drop_callback_data: bool = False
    next: list[Fault] = Field(default_factory=list)
    seed: int = 0


class Dice:
    """The faults in force. Thread-safe; the same seed and order of sends give the same faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.replace(Faults())

    def replace(self, faults: Faults) -> None:
        with self._lock:
            self.faults = faults
            self._rng = random.Random(faults.seed)
            self._next = list(faults.next)

    def current(self) -> Faults:
        """The faults, with `next` as far as it is not used up."""
        with self._lock:
            return self.faults.model_copy(update={"next": list(self._next)})

    def latency_s(self) -> float:
        shortest, longest = self.faults.latency_ms
        with self._lock:
            return self._rng.uniform(shortest, longest) / 1000

    def draw(self, addressed: str) -> Fault:
        """What the send to `addressed` meets."""
        with self._lock:
            if self._next:
                return self._next.pop(0)
            faults = self.faults
            shares: list[tuple[float, Fault]] = [
                (faults.timeout_before, Fault(kind="timeout_before")),
                (faults.http_5xx, Fault(kind="http_5xx")),
                *self._of("error", faults.errors, addressed),
                (faults.timeout_after, Fault(kind="timeout_after")),
                *self._of("async_error", faults.async_errors, addressed),
            ]
            left = self._rng.random()
            for share, fault in shares:
                if left < share:
                    return fault
                left -= share
            return Fault(kind="ok")

    @staticmethod
    def _of(
        kind: Literal["error", "async_error"], errors: list[ErrorShare], addressed: str
    ) -> list[tuple[float, Fault]]:
        return [
            (each.share, Fault(kind=kind, code=each.code))
            for each in errors
            if each.concerns(addressed)
        ]
