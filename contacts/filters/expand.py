"""Put live segments in the places where a filter names them, their own filters in turn. Pure."""

from collections.abc import Mapping

from contacts.filters.tree import All, Either, Member, Node, Not

MAX_TERMS = 1_000
MAX_DEPTH = 60  # MongoDB itself refuses queries nested beyond 100


class EndlessFilterError(ValueError):
    """A live segment contains itself, or what it contains grows beyond all bounds."""


def expand(node: Node, live: Mapping[str, Node]) -> Node:
    """`node` without live segments in it. live: {name: filter}. Raises EndlessFilterError."""
    return _Expansion(live).of(node, ())[0]


class _Expansion:
    """Each live segment is put together once, however often it is named.

    A node stands beside how many questions it asks and how deep it is: counted as it grows, since
    a few segments that each name another twice are more than memory holds.
    """

    def __init__(self, live: Mapping[str, Node]) -> None:
        self._live = live
        self._done: dict[str, tuple[Node, int, int]] = {}

    def of(self, node: Node, above: tuple[str, ...]) -> tuple[Node, int, int]:
        match node:
            case All(parts) | Either(parts):
                grown = [self.of(part, above) for part in parts]
                whole = type(node)(tuple(part for part, _, _ in grown))
                size = sum(size for _, size, _ in grown)
                return self._bounded(whole, size, 1 + max((deep for *_, deep in grown), default=0))
            case Not(part):
                inner, size, deep = self.of(part, above)
                return self._bounded(Not(inner), size, deep + 1)
            case Member(name) if name in self._live:
                return self._segment(name, above)
            case _:
                return node, 1, 1

    def _segment(self, name: str, above: tuple[str, ...]) -> tuple[Node, int, int]:
        if name in above:
            way = " → ".join([*above[above.index(name) :], name])
            raise EndlessFilterError(f"the live segments go round in a circle: {way}")
        if name not in self._done:
            self._done[name] = self.of(self._live[name], (*above, name))
        return self._done[name]

    def _bounded(self, node: Node, size: int, deep: int) -> tuple[Node, int, int]:
        if size > MAX_TERMS:
            raise EndlessFilterError(f"asks more than {MAX_TERMS} questions, live segments counted")
        if deep > MAX_DEPTH:
            raise EndlessFilterError(f"is nested more than {MAX_DEPTH} deep, live segments counted")
        return node, size, deep
