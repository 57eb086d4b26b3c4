"""The compiled rules evaluated in plain Python: second opinion and last resort."""

from rules.compiler import Compiled, Group
from rules.projection import Flat, Lit


def holds(literal: Lit, flat: Flat) -> bool:
    """Whether one comparison holds. A flag that is absent is down; kinds never mix."""
    value = flat.get(literal.name)
    wanted = literal.value
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
    return literal.op == "ne" and value is not None and value != wanted


class PythonEngine:
    """Looks only at the groups whose anchor holds. Has no state and cannot fail."""

    name = "python"
    faults = 0

    def __init__(self, compiled: Compiled) -> None:
        self._behind: dict[tuple[str, int | str], list[Group]] = {}
        for group in compiled.groups:
            anchor = group.literals[0]
            self._behind.setdefault((anchor.name, anchor.value), []).append(group)

    def matching(self, flat: Flat) -> frozenset[int]:
        """The places of the groups whose comparisons all hold."""
        return frozenset(
            group.place
            for item in flat.items()
            for group in self._behind.get(item, ())
            if all(holds(literal, flat) for literal in group.literals[1:])
        )

    def close(self) -> None:
        """Nothing to give back."""
