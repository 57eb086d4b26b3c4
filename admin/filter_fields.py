"""A filter over contacts as rows of a form (what, how, value), and back. Pure.

All rows must hold. What rows cannot say (`any`, `not`, what became of a campaign) stands below
them, as it would in a file.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from campaigns import files
from contacts.filters.read import Problem

ROWS = 6
HOWS = (
    ("eq", "is"), ("ne", "is not"), ("in", "is one of"), ("not_in", "is none of"),
    ("gte", "is at least"), ("lte", "is at most"), ("gt", "is more than"), ("lt", "is less than"),
    ("has", "has"), ("lacks", "has not"), ("within", "lies within the last"),
    ("exists", "is known (yes or no)"),
)  # fmt: skip
_LISTS = ("in", "not_in")
_GROUPS = ("all", "any", "not")


def where(given: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The filter that the form says, and what could not be read of it."""
    made: dict[str, Any] = {}
    for place in range(ROWS):
        what, how = given.get(f"what.{place}", "").strip(), given.get(f"how.{place}", "eq")
        if what:
            asked = made.setdefault(what, {})
            asked[how] = _value(how, given.get(f"value.{place}", "").strip())
    short = {what: asked["eq"] if [*asked] == ["eq"] else asked for what, asked in made.items()}
    more = given.get("more", "").strip()
    if not more:
        return short, []
    try:
        found = files.read(more)
    except files.UnreadableFileError as error:
        return short, [Problem("more", str(error))]
    if len(found) != 1 or not isinstance(found[0], dict):
        return short, [Problem("more", "expected questions such as `country: IN`")]
    if twice := short.keys() & found[0].keys():
        return short, [Problem("more", f"{min(twice)} is asked above already")]
    return {**short, **found[0]}, []


def _value(how: str, text: str) -> Any:
    if how in _LISTS:
        return [_scalar(part.strip()) for part in text.split(",") if part.strip()]
    return True if how == "exists" and not text else _scalar(text)


def _scalar(text: str) -> Any:
    """A number or a truth where it is written as one.

    >>> _scalar("12"), _scalar("Pune"), _scalar("true"), _scalar("yes"), _scalar("a: b")
    (12, 'Pune', True, True, 'a: b')
    """
    if text in ("yes", "no"):
        return text == "yes"
    try:
        found = files.read(text)
    except files.UnreadableFileError:
        return text
    plain = len(found) == 1 and isinstance(found[0], int | float | bool)
    return found[0] if plain else text


def values(written: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of a filter; the other way round."""
    shown: dict[str, str] = {}
    rest: dict[str, Any] = {}
    place = 0
    for what, asked in written.items():
        pairs = list(asked.items()) if isinstance(asked, dict) else [("eq", asked)]
        if what in _GROUPS or not all(map(_is_a_row, pairs)) or place + len(pairs) > ROWS:
            rest[what] = asked
            continue
        for how, value in pairs:
            parts = [_said(one) for one in (value if isinstance(value, list) else [value])]
            shown |= {f"what.{place}": what, f"how.{place}": how}
            shown[f"value.{place}"] = ", ".join(parts)
            place += 1
    shown["more"] = yaml.safe_dump(rest, allow_unicode=True, sort_keys=False) if rest else ""
    return shown


def _is_a_row(pair: tuple[str, Any]) -> bool:
    """Whether a row says it, and is read again as the same."""
    how, value = pair
    if how not in dict(HOWS):
        return False
    if how in _LISTS:
        return isinstance(value, list) and _value(how, ", ".join(map(_said, value))) == value
    return not isinstance(value, list | dict) and _scalar(_said(value)) == value


def _said(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def at_fields(problems: Iterable[Problem], given: Mapping[str, str]) -> dict[str, list[str]]:
    """{field: sentences}: each problem at the row that asks, else below them all."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        rows = [
            f"value.{place}"
            for place in range(ROWS)
            if (what := given.get(f"what.{place}", "").strip())
            and f"{problem.path}.".startswith(f"{what}.")
        ]
        found.setdefault(rows[0] if rows else "more", []).append(problem.message)
    return found
