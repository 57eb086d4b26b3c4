"""The table at the end: a figure, what it stands beside, what it should be."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    value: str
    goal: str
    beside: str
    foreign: str


@dataclass(slots=True)
class Table:
    """Figures in the order in which they were found."""

    rows: list[_Row] = field(default_factory=list)

    def add(
        self, name: str, value: str, *, goal: str = "", beside: str = "", foreign: float = 0.0
    ) -> None:
        """beside: the baselines of the same rounds. foreign: the share others took, 1.0 is all."""
        self.rows.append(_Row(name, value, goal, beside, f"{foreign:.0%}"))

    def refuse(self, name: str, why: str) -> None:
        """Say why a figure is not printed."""
        self.rows.append(_Row(name, "refused", "", why, ""))

    def show(self) -> None:
        """Print it."""
        names = max(len(row.name) for row in self.rows)
        values = max(len(row.value) for row in self.rows)
        goals = max(len(row.goal) for row in self.rows)
        print(
            f"\n{'':{names}}  {'':>{values}}  {'goal':<{goals}}  others  beside, in the same rounds"
        )
        for row in self.rows:
            print(
                f"{row.name:{names}}  {row.value:>{values}}  {row.goal:<{goals}}  "
                f"{row.foreign:>6}  {row.beside}"
            )


def rate(values: Sequence[float]) -> str:
    """The median of rates, as text."""
    return f"{statistics.median(values):,.0f}/s"


def milliseconds(seconds: Sequence[float]) -> str:
    """p50 / p99 of times, as text."""
    if not seconds:
        return "-"
    return f"{statistics.median(seconds) * 1000:.1f} / {p99(seconds) * 1000:.1f} ms"


def p99(seconds: Sequence[float]) -> float:
    """The time that one in a hundred exceeds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
