"""The plainest reading of a rule's conditions, to hold both engines against.

Walks the conditions as they were written and compares values with Python's own operators. Shares
nothing with the compiler, the projection and the engines.
"""

import operator as operators
from collections.abc import Iterable
from typing import Any

from rules.conditions import Comparison, When
from rules.facts import Facts
from rules.text import fold, spoken, stands_alone

TEXT_FACTS = ("event", "campaign", "button", "text", "contact.language")
SETS = ("intent", "contact.segments")


def holds(when: When, facts: Facts) -> bool:
    names = set(_names(when))
    if "event" not in names and facts.value("event") != "message":
        return False
    return _all(when, facts)


def _names(when: When) -> Iterable[str]:
    yield from when.facts
    for part in (*(when.all_ or ()), *(when.any_ or ()), *([when.not_] if when.not_ else [])):
        yield from _names(part)


def _all(when: When, facts: Facts) -> bool:
    answers = [_compared(fact, comparison, facts) for fact, comparison in when.facts.items()]
    if when.after is not None:
        answers.append(facts.value("after") == when.after)
    if when.all_:
        answers.append(all(_all(part, facts) for part in when.all_))
    if when.any_:
        answers.append(any(_all(part, facts) for part in when.any_))
    if when.not_:
        answers.append(not _all(when.not_, facts))
    return all(answers)


def _compared(fact: str, comparison: Comparison, facts: Facts) -> bool:
    seen = facts.value(fact)
    return all(_asked(fact, operator, seen, wanted) for operator, wanted in comparison.tests())


def _asked(fact: str, operator: str, seen: Any, wanted: Any) -> bool:
    match operator:
        case "eq":
            return _is(fact, seen, wanted)
        case "ne":
            return not _is(fact, seen, wanted)
        case "in":
            return any(_is(fact, seen, one) for one in wanted)
        case "not_in":
            return not any(_is(fact, seen, one) for one in wanted)
        case "has":
            return _has(fact, seen, wanted)
        case "lacks":
            return not _has(fact, seen, wanted)
        case "exists":
            return (bool(seen) if fact in SETS else seen is not None) is wanted
    if isinstance(seen, bool) or not isinstance(seen, int | float):
        return False
    return bool(
        getattr(operators, {"gte": "ge", "lte": "le"}.get(operator, operator))(seen, wanted)
    )


def _is(fact: str, seen: Any, wanted: Any) -> bool:
    if fact in SETS:
        return _has(fact, seen, wanted)
    if fact in TEXT_FACTS and not isinstance(wanted, bool):
        wanted = str(wanted)
    if isinstance(seen, str) and isinstance(wanted, str):
        if fact == "text":
            return spoken(seen) == spoken(wanted)
        even = [fold(value) for value in (seen, wanted)]
        if fact == "contact.language":
            even = [value.replace("-", "_") for value in even]
        return even[0] == even[1]
    if isinstance(seen, bool) or isinstance(wanted, bool):
        return seen is wanted
    if isinstance(seen, int | float) and isinstance(wanted, int | float):
        return seen == wanted
    return False


def _has(fact: str, seen: Any, wanted: Any) -> bool:
    if fact == "text":
        said, word = spoken(seen or ""), spoken(str(wanted))
        starts = [place for place in range(len(said)) if said.startswith(word, place)]
        return any(stands_alone(said, place, place + len(word)) for place in starts)
    if not isinstance(seen, list | tuple | set | frozenset):
        return False
    return any(_is("", item, str(wanted) if fact in SETS else wanted) for item in seen)
