"""The compiled rules evaluated in plain Python: second opinion and last resort."""

from rules.anchors import Anchor
from rules.compiler import Compiled, Group
from rules.flat import Flat, Lit


def holds(literal: Lit, flat: Flat) -> bool:
    """Whether one comparison holds. Kinds never mix."""
    value, wanted = flat[literal.name], literal.value
    if isinstance(value, int) and isinstance(wanted, int):
        match literal.op:
            case "gt":
                return value > wanted
            case "gte":
                return value >= wanted
            case "lt":
                return value < wanted
            case "lte":
                return value <= wanted
    if literal.op == "eq":
        return value == wanted
    return literal.op == "ne" and value != wanted


class PythonEngine:
    """Looks only at the groups whose anchor holds. Has no state and cannot fail."""

    name = "python"
    faults = 0

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._behind: dict[Anchor, list[Group]] = {}
        for group in compiled.groups:
            anchor = group.literals[0]
            self._behind.setdefault((anchor.name, anchor.value), []).append(group)

    def matching(self, flat: Flat) -> frozenset[int]:
        """The places of the groups whose comparisons all hold."""
        return frozenset(
            group.place
            for anchor in self._compiled.standing(flat)
            for group in self._behind[anchor]
            if all(holds(literal, flat) for literal in group.literals[1:])
        )

    def close(self) -> None:
        """Nothing to give back."""
