"""Checks rule files as a whole and makes ready what decides: all problems at once, or none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from config.strict import name_fault
from rules import claims, dead, files, sense, strangers, structure
from rules.atoms import Path
from rules.compiler import Compiled, CompileError, compile_rules
from rules.intents import Matcher
from rules.known import Known
from rules.model import Intent
from rules.problems import Problem, RuleFilesError
from rules.structure import Contents, PlacedIntent, PlacedRule
from rules.vocabulary import meant

ANYTHING = Known()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Checked rule files: rules in the order of the files, compiled, and the matcher of intents."""

    intents: Mapping[str, Intent]
    rules: tuple[PlacedRule, ...]
    matcher: Matcher
    compiled: Compiled
    warnings: tuple[Problem, ...] = ()


def check(texts: Mapping[str, str], known: Known = ANYTHING) -> list[Problem]:
    """Every problem in {file name: text}, warnings among them, in the order of the files."""
    try:
        return list(load(texts, known).warnings)
    except RuleFilesError as error:
        return list(error.problems)


def load(texts: Mapping[str, str], known: Known = ANYTHING, *, strict: bool = True) -> RuleSet:
    """The rules and intents of {file name: text}.

    Raises RuleFilesError with every problem, where one is more than a warning.

    strict: whether what is well-formed must also make sense. Not so for a version that was
    published by an earlier release: what that let pass must go on.
    """
    documents, problems = files.read(texts)
    found = structure.contents(documents)
    problems.extend(found.problems)
    problems.extend(_repeats(found))
    faulty = list(_faulty_intents(found.intents))
    problems.extend(problem for _, problem in faulty)
    problems.extend(_senseless(found, files.intent_names(documents), known))
    unsound = {id(placed) for placed, _ in faulty}
    sound = [placed for placed in found.intents if id(placed) not in unsound]
    intents = {placed.name: placed.intent for placed in sound}
    matcher = Matcher(intents)
    if strict:
        problems.extend(claims.problems(found.intents))
        problems.extend(dead.problems(found.rules))
        problems.extend(strangers.problems(found.rules, known))
        problems.extend(_unheard(documents, known))
        problems.extend(_failed_examples(sound, matcher))
    _raise(problems)
    try:
        compiled = compile_rules([placed.rule.when for placed in found.rules])
    except CompileError as error:
        placed = found.rules[error.rule]
        message = f"rule {placed.rule.rule!r} {error}"
        raise RuleFilesError([*problems, _at(placed, ("when",), message)]) from None
    _raise(problems)
    return RuleSet(intents, tuple(found.rules), matcher, compiled, tuple(sorted(set(problems))))


def _raise(problems: list[Problem]) -> None:
    if not all(problem.warning for problem in problems):
        raise RuleFilesError(problems)


def _at(placed: PlacedRule | PlacedIntent, path: Path, message: str) -> Problem:
    return placed.document.problem((*placed.path, *path), message)


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


def _faulty_intents(
    intents: Iterable[PlacedIntent],
) -> Iterator[tuple[PlacedIntent, Problem]]:
    for placed in intents:
        if reason := name_fault(placed.name):
            yield placed, placed.document.problem(placed.path, reason, on_key=True)
        for path, message in sense.of_intent(placed.intent):
            yield placed, _at(placed, path, message)


def _senseless(found: Contents, intents: frozenset[str], known: Known) -> Iterator[Problem]:
    for placed in found.rules:
        for path, message in sense.of_rule(placed.rule, intents, known):
            yield _at(placed, path, message)
    for placed in found.halves:
        for path, message in sense.of_conditions(placed.rule, intents, known):
            yield _at(placed, path, message)


def _unheard(documents: Sequence[files.Document], known: Known) -> Iterator[Problem]:
    """Campaigns that wait for an intent that no file defines (any more)."""
    defined = files.intent_names(documents)
    where = documents[0].file if documents else "rules"
    for intent in sorted(known.triggers.keys() - defined):
        waiting = ", ".join(sorted(known.triggers[intent]))
        message = f"campaign {waiting} waits for an intent {intent!r} that no file defines"
        yield Problem(where, 1, 1, f"{message}{meant(intent, defined)}", warning=True)


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
