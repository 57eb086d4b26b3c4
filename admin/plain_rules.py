"""Rules and their versions in a shape that pages can show. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from admin.plain import said
from rules import files, structure
from store.past import Fired

_MOST_LINES = 2_000
_SIGNS = {"eq": "is", "ne": "is not", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}


@dataclass(frozen=True, slots=True)
class RuleLately:
    """A rule, where it stands, and how often it fired lately. file None: it is not there now."""

    name: str
    file: str | None
    line: int
    priority: int
    fired: Fired | None


def lately(texts: Mapping[str, str], fired: Mapping[str, Fired]) -> list[RuleLately]:
    """Every rule of these files, and those that fired and are gone, the busiest first."""
    documents, _ = files.read(texts)
    rules = [
        RuleLately(
            placed.rule.rule, placed.file, placed.line, placed.rule.priority,
            fired.get(placed.rule.rule),
        )
        for placed in structure.contents(documents).rules
    ]  # fmt: skip
    there = {rule.name for rule in rules}
    rules += [
        RuleLately(name, None, 0, 0, each) for name, each in fired.items() if name not in there
    ]
    return sorted(rules, key=lambda rule: (-(rule.fired.count if rule.fired else 0), rule.name))


def diff_lines(text: str) -> list[tuple[str, str]]:
    """(kind, line) of a difference: file, hunk, plus, minus or same; cut where it is long.

    >>> diff_lines("--- a\\n+++ b\\n@@ -1 +1 @@\\n-x\\n+y\\n")[-2:]
    [('minus', '-x'), ('plus', '+y')]
    """
    lines = text.splitlines()
    told = [(_kind(line), line) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        told.append(("hunk", f"… and {len(lines) - _MOST_LINES:,} more lines"))
    return told


def _kind(line: str) -> str:
    if line.startswith(("--- ", "+++ ")):
        return "file"
    return {"@": "hunk", "+": "plus", "-": "minus"}.get(line[:1], "same")


def condition(part: Mapping[str, Any]) -> str:
    """A condition as a sentence: what was asked, and what was seen.

    >>> condition({"fact": "local_hour", "operator": "gte", "expected": 20, "seen": 12})
    'local_hour ≥ 20, saw 12'
    """
    operator = _SIGNS.get(part["operator"], str(part["operator"]).replace("_", " "))
    seen = "nothing" if part["seen"] in (None, []) else said(part["seen"])
    return f"{part['fact']} {operator} {said(part['expected'])}, saw {seen}"


def group(part: Mapping[str, Any]) -> tuple[str, Any] | None:
    """(all | any | not, its parts), where it is no condition but a group of them."""
    return next(((name, part[name]) for name in ("all", "any", "not") if name in part), None)
