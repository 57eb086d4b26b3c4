"""How checked rule files and explanations look on a terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    return "\n".join(_lines(explanation))


def _lines(explanation: Explanation) -> Iterator[str]:
    yield f"event    {explanation.event}"
    if explanation.said is not None:
        yield f"heard    {explanation.said or '(no words)'}"
    for match in explanation.intents or ():
        found = f"by {match.how} {match.found!r}, {match.confidence:.0%} sure"
        yield f"intent   {match.name}, {found}"
    if not explanation.intents:
        yield "intent   none"
    yield f"rules    version {explanation.rule_version}, {explanation.engine} engine"
    if not explanation.engines_agree:
        yield "WARNING  durable_rules and the Python engine disagree about this event"
    for seen in explanation.rules:
        yield ""
        yield from _rule_lines(seen)
    if not any(seen.fires for seen in explanation.rules):
        yield ""
        yield "No rule fires."


def _rule_lines(seen: RuleSeen) -> Iterator[str]:
    verdict = (
        "FIRES" if seen.fires else "holds, but the round was stopped before" if seen.held else "no"
    )
    yield f"{seen.rule} (priority {seen.priority}, {seen.file}:{seen.line}): {verdict}"
    for part in seen.condition.parts:
        yield from _condition_lines(part, 1)
    if seen.fires:
        for action in seen.actions:
            yield f"  → {_short(next(iter(model.document(action).items())))}"
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


def _short(done: tuple[str, Any]) -> str:
    kind, detail = done
    text = f"{kind}: {detail}"
    return text if len(text) <= 160 else text[:159] + "…"
