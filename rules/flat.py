"""The few flat values of one event that compiled rules compare, each read when first asked for.

An engine asks for what its candidates compare, so an event costs what it touches and not what all
rules together might ask.
"""

from collections.abc import Callable, Set
from typing import Literal, NamedTuple

from rules.facts import Facts

Op = Literal["eq", "ne", "gt", "gte", "lt", "lte"]
Value = int | str


class Lit(NamedTuple):
    """A comparison of one flat value with a constant: all that an engine needs to know."""

    name: str
    op: Op
    value: Value


class Flat(dict[str, Value]):
    """{name of our own making: value}. Belongs to one event and one thread."""

    def __init__(self, facts: Facts, read: Callable[[str, "Flat"], Value]) -> None:
        super().__init__()
        self.facts = facts
        self.tags: dict[tuple[str, str], Set[str]] = {}  # (fact, mode) -> what a flag is held to
        self._read = read

    def __missing__(self, name: str) -> Value:
        value = self[name] = self._read(name, self)
        return value
