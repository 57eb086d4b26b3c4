"""Checks rule files as a whole and makes ready what decides: all problems at once, or none."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from config.strict import name_fault
from rules import files, sense, structure
from rules.atoms import Path
from rules.compiler import Compiled, CompileError, compile_rules
from rules.intents import Matcher
from rules.known import Known
from rules.model import Intent
from rules.problems import Problem, RuleFilesError
from rules.structure import Contents, PlacedIntent, PlacedRule

ANYTHING = Known()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Checked rule files: rules in the order of the files, compiled, and the matcher of intents."""

    intents: Mapping[str, Intent]
    rules: tuple[PlacedRule, ...]
    matcher: Matcher
    compiled: Compiled


def check(texts: Mapping[str, str], known: Known = ANYTHING) -> list[Problem]:
    """Every problem in {file name: text}, in the order of the files."""
    try:
        load(texts, known)
    except RuleFilesError as error:
        return list(error.problems)
    return []


def load(texts: Mapping[str, str], known: Known = ANYTHING) -> RuleSet:
    """The rules and intents of {file name: text}. Raises RuleFilesError with every problem."""
    documents, problems = files.read(texts)
    found = structure.contents(documents)
    problems.extend(found.problems)
    problems.extend(_repeats(found))
    problems.extend(_senseless(found, _names(documents), known))
    if problems:
        raise RuleFilesError(problems)

    intents = {placed.name: placed.intent for placed in found.intents}
    matcher = Matcher(intents)
    problems.extend(_failed_examples(found.intents, matcher))
    try:
        compiled = compile_rules([placed.rule.when for placed in found.rules])
    except CompileError as error:
        placed = found.rules[error.rule]
        message = f"rule {placed.rule.rule!r} {error}"
        raise RuleFilesError([*problems, _at(placed, ("when",), message)]) from None
    if problems:
        raise RuleFilesError(problems)
    return RuleSet(intents, tuple(found.rules), matcher, compiled)


def _at(placed: PlacedRule | PlacedIntent, path: Path, message: str) -> Problem:
    return placed.document.problem((*placed.path, *path), message)


def _names(documents: Iterable[files.Document]) -> frozenset[str]:
    """Intents by name, those with problems too: a rule that names one is not wrong for it."""
    defined = (document.root.items.get("intents") for document in documents)
    return frozenset(str(name) for node in defined if node for name in node.items)


def _repeats(found: Contents) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for intent in found.intents:
        problem = intent.document.problem(intent.path, "", on_key=True)
        yield from _repeat(first, "intent", intent.name, problem)
    for rule in found.rules:
        problem = _at(rule, ("rule",), "")
        yield from _repeat(first, "rule", rule.rule.rule, problem)


def _repeat(
    first: dict[tuple[str, str], str], what: str, name: str, at: Problem
) -> Iterator[Problem]:
    before = first.setdefault((what, name), f"{at.file}:{at.line}")
    if before != f"{at.file}:{at.line}":
        yield replace(at, message=f"{what} {name!r} was defined before, at {before}")


def _senseless(found: Contents, intents: frozenset[str], known: Known) -> Iterator[Problem]:
    for intent in found.intents:
        if reason := name_fault(intent.name):
            yield intent.document.problem(intent.path, reason, on_key=True)
        for path, message in sense.of_intent(intent.intent):
            yield _at(intent, path, message)
    for rule in found.rules:
        for path, message in sense.of_rule(rule.rule, intents, known):
            yield _at(rule, path, message)


def _failed_examples(intents: Iterable[PlacedIntent], matcher: Matcher) -> Iterator[Problem]:
    for placed in intents:
        examples = placed.intent.examples
        for way, texts in (("match", examples.match), ("not", examples.not_)) if examples else ():
            for place, text in enumerate(texts or ()):
                found = next((m for m in matcher.find(text) if m.name == placed.name), None)
                path = ("examples", way, place)
                if found and way == "not":
                    how = f"found by {found.how} {found.found!r}"
                    yield _at(placed, path, f"is {how}, but should not be {placed.name}")
                elif not found and way == "match":
                    yield _at(placed, path, f"should be {placed.name}, but nothing in it finds it")
