"""How checked rule files and explanations look on a terminal."""

from collections.abc import Iterator
from pathlib import Path

import click

from rules import check as checking
from rules import files, model
from rules.engine import choose
from rules.explain import Condition, Explanation, RuleSeen
from rules.known import Known
from rules.problems import RuleFilesError

_SIGNS = {"eq": "=", "ne": "≠", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "not_in": "not in"}


def check_folder(folder: Path, known: Known = checking.ANYTHING) -> bool:
    """Print each problem to standard error, warnings too, and a line about files that could be
    published; say whether there was nothing to tell."""
    texts, unread = files.look(folder)
    try:
        rule_set = checking.load(texts, known)
        problems = unread
    except RuleFilesError as error:
        problems = [*unread, *error.problems]
    if problems:
        for problem in sorted(set(problems)):
            click.echo(str(problem), err=True)
        return False
    for problem in rule_set.warnings:
        click.echo(str(problem), err=True)
    engine = choose("auto", rule_set.compiled)
    click.echo(
        f"{len(texts)} files are good: {len(rule_set.intents)} intents, "
        f"{len(rule_set.rules)} rules ({engine.name} engine)"
    )
    engine.close()
    return not rule_set.warnings


def render(explanation: Explanation) -> str:
    """An explanation as lines for people: what was heard, then each rule with its conditions."""
    return "\n".join(lines(explanation))


def lines(explanation: Explanation, most: int | None = None) -> Iterator[str]:
    """The same, one by one. most: so many of the rules that do not hold."""
    yield from heard(explanation)
    yield f"rules    version {explanation.rule_version}, {explanation.engine} engine"
    if not explanation.engines_agree:
        yield "WARNING  durable_rules and the Python engine disagree about this event"
    left_out = 0
    for seen in explanation.rules:
        if not seen.held and most is not None:
            if most == 0:
                left_out += 1
                continue
            most -= 1
        yield ""
        yield from _rule_lines(seen)
    if left_out:
        yield ""
        yield f"{left_out:,} more rules do not hold; --all lists them."
    if not any(seen.fires for seen in explanation.rules):
        yield ""
        yield "No rule fires."


def heard(explanation: Explanation) -> Iterator[str]:
    """What happened, in the form in which it is compared, and the intents in it."""
    yield f"event    {explanation.event}"
    if explanation.said is not None:
        yield f"heard    {explanation.said or '(no words)'}"
    for match in explanation.intents or ():
        found = f"by {match.how} {match.found!r}, {match.confidence:.0%} sure"
        yield f"intent   {match.name}, {found}"
    if not explanation.intents:
        yield "intent   none"
    for near in explanation.passed_over:
        yield f"near     {near.name}, {near.how} {near.found!r}, {near.confidence:.0%}: {near.why}"


def _rule_lines(seen: RuleSeen) -> Iterator[str]:
    verdict = (
        "FIRES" if seen.fires else "holds, but the round was stopped before" if seen.held else "no"
    )
    yield f"{seen.rule} (priority {seen.priority}, {seen.file}:{seen.line}): {verdict}"
    for part in seen.condition.parts:
        yield from _condition_lines(part, 1)
    if seen.fires:
        for action in seen.actions:
            (kind, detail), *_ = model.document(action).items()
            yield f"  → {short(f'{kind}: {detail}')}"
        if seen.stop:
            yield "  → the round stops here"


def _condition_lines(condition: Condition, depth: int) -> Iterator[str]:
    mark = "✓" if condition.held else "✗"
    indent = "  " * depth
    if condition.parts:
        yield f"{indent}{mark} {condition.label}:"
        for part in condition.parts:
            yield from _condition_lines(part, depth + 1)
    else:
        operator = _SIGNS.get(condition.operator or "", condition.operator)
        asked = f"{condition.label} {operator} {condition.expected!r}"
        seen = "nothing" if condition.seen is None else repr(condition.seen)
        yield f"{indent}{mark} {asked}, saw {seen}"


def short(text: str) -> str:
    """`text` on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= 160 else text[:159] + "…"
