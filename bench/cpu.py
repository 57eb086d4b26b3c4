"""Who used the processor meanwhile: ours, and everybody else, who make a figure worth nothing."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import psutil

MOST_FOREIGN = 0.10
ROUNDS = 3
REST_S = 10.0
_LOOK_S = 0.5

T = TypeVar("T")


class NoisyError(Exception):
    """Other processes took too much in every round. Its text says how much."""


@dataclass(slots=True)
class Foreign:
    """share: of all cores, what processes that are not ours took; 1.0 is all of it."""

    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Quiet(Generic[T]):
    """What the undisturbed rounds gave, and the most that others took in them."""

    rounds: list[T] = field(default_factory=list)
    foreign: float = 0.0


@contextmanager
def watched() -> Iterator[Foreign]:
    """Within this, what others take is counted; it is known at the end."""
    foreign = Foreign()
    ours, everybody, begun = _family_s(psutil.Process()), _busy_s(), time.perf_counter()
    yield foreign
    whole = (time.perf_counter() - begun) * (os.cpu_count() or 1)
    theirs = (_busy_s() - everybody) - (_family_s(psutil.Process()) - ours)
    foreign.share = max(0.0, theirs / whole)


def quiet_rounds(job: Callable[[int], T], rounds: int = ROUNDS) -> Quiet[T]:
    """Run `job(number)` until `rounds` went undisturbed, or it was tried twice as often.

    Each round waits a while for the others to come to rest. Raises NoisyError where they never did.
    """
    found: list[T] = []
    calm: list[float] = []
    noisy: list[float] = []
    for number in range(rounds * 2):
        before = _rest()
        if before > MOST_FOREIGN:
            noisy.append(before)
            break
        with watched() as foreign:
            result = job(number)
        if foreign.share > MOST_FOREIGN:
            noisy.append(foreign.share)
            continue
        found.append(result)
        calm.append(foreign.share)
        if len(found) == rounds:
            break
    if not found:
        raise NoisyError(f"other processes took {min(noisy):.0%} or more of the processor")
    return Quiet(found, max(calm))


def _rest() -> float:
    """The share that others take, once that is little, or when waiting for it is over."""
    deadline = time.monotonic() + REST_S
    while True:
        with watched() as foreign:
            time.sleep(_LOOK_S)
        if foreign.share <= MOST_FOREIGN or time.monotonic() > deadline:
            return foreign.share


def seconds_of(pid: int) -> float:
    """The processor time of a process and its children until now."""
    return _family_s(psutil.Process(pid))


def resident_mib(pid: int) -> float:
    """The largest resident memory among a process's children, MiB."""
    sizes = [0.0]
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            sizes.append(child.memory_info().rss / 2**20)
    return max(sizes)


def _family_s(first: psutil.Process) -> float:
    total = 0.0
    for process in [first, *first.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _busy_s() -> float:
    times = psutil.cpu_times()
    stolen = getattr(times, "steal", 0.0)
    return float(times.user + times.system + times.nice + times.irq + times.softirq + stolen)
