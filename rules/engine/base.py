"""What every engine can do."""

from typing import Protocol

from rules.flat import Flat


class EngineUnavailableError(Exception):
    """An engine that was asked for is not installed here, or cannot be built."""


class Engine(Protocol):
    """Answers which groups hold. Threads may share one."""

    @property
    def name(self) -> str: ...

    @property
    def faults(self) -> int:
        """How often it failed and another answer was found."""

    def matching(self, flat: Flat) -> frozenset[int]:
        """The places of the groups whose comparisons all hold."""

    def close(self) -> None:
        """Give memory back; a closed engine still answers. Safe to repeat."""
