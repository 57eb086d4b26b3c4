"""From a rule file's values to typed intents and rules; what does not fit becomes problems."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.strict import shown
from rules.model import Intent, Rule
from rules.nodes import Document, Part
from rules.problems import Problem
from rules.vocabulary import meant

_TOP = ("intents", "rules")
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PlacedIntent:
    """An intent and where it stands."""

    name: str
    intent: Intent
    document: Document
    path: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule and where it stands."""

    rule: Rule
    document: Document
    path: tuple[Part, ...]

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def line(self) -> int:
        return self.document.spot(self.path)[0]


@dataclass(slots=True)
class Contents:
    """What rule files hold, in their order, and what in them does not fit.

    halves: rules of which something does not fit, but whose conditions do: they can be looked at.
    """

    intents: list[PlacedIntent]
    rules: list[PlacedRule]
    halves: list[PlacedRule]
    problems: list[Problem]


def contents(documents: Sequence[Document]) -> Contents:
    """Read every intent and rule; one that does not fit does not hide the others."""
    found = Contents([], [], [], [])
    for document in documents:
        found.problems.extend(_top_problems(document))
        for path, value in _members(document, "intents", "mapping", found.problems):
            intent = _validated(Intent, value, document, path, found.problems)
            if intent:
                found.intents.append(PlacedIntent(str(path[-1]), intent, document, path))
        for path, value in _members(document, "rules", "sequence", found.problems):
            rule = _validated(Rule, value, document, path, found.problems)
            if rule:
                found.rules.append(PlacedRule(rule, document, path))
            elif half := _half(value):
                found.halves.append(PlacedRule(half, document, path))
    return found


def _top_problems(document: Document) -> Iterator[Problem]:
    if document.root.kind != "mapping":
        yield document.problem((), "a rule file has `intents:` and `rules:`")
    for key in document.root.keys:
        if key not in _TOP:
            message = f"{key!r} is not known here{meant(str(key), _TOP)}"
            yield document.problem((key,), message, on_key=True)


def _members(
    document: Document, top: str, kind: str, problems: list[Problem]
) -> Iterator[tuple[tuple[Part, ...], Any]]:
    node = document.root.items.get(top)
    if node is None or (node.kind == "scalar" and node.value is None):
        return
    if node.kind != kind:
        wanted = "names, each with its ways" if kind == "mapping" else "a list"
        problems.append(document.problem((top,), f"`{top}:` is followed by {wanted}"))
        return
    for part, item in node.items.items():
        yield (top, part), item.plain()


def _validated(
    model: type[_Model],
    value: Any,
    document: Document,
    path: tuple[Part, ...],
    problems: list[Problem],
) -> _Model | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if detail["type"] == "too_short" and detail["input"]:
                continue  # it has entries, and what is wrong with them is told of each
            on_key = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == ("[key]",)
            message = _sentence(model, detail)
            problems.append(document.problem((*path, *detail["loc"]), message, on_key))
        return None


def _half(value: Any) -> Rule | None:
    """The rule with its conditions alone, where those fit."""
    when = value.get("when") if isinstance(value, dict) else None
    try:
        return Rule.model_validate({"rule": "half", "when": when, "then": [{"unsuppress": {}}]})
    except ValidationError:
        return None


def _sentence(model: type[BaseModel], error: ErrorDetails) -> str:
    key = str(error["loc"][-1]) if error["loc"] else ""
    limits = error.get("ctx", {})
    got = shown(error["input"])
    match error["type"]:
        case "extra_forbidden":
            return f"{key!r} is not known here{meant(key, _names_at(model, error['loc'][:-1]))}"
        case "missing":
            return f"{key!r} is missing"
        case "value_error":
            return str(limits.get("error", error["msg"]))
        case "string_too_long" | "too_long":
            counted = "characters" if isinstance(error["input"], str | int) else "entries"
            return f"has {_length(error['input'])} {counted}, at most {limits['max_length']} fit"
        case "too_short":
            return "is empty"
        case "tuple_type" | "list_type":
            return f"expected a list such as [one, two], got {got}"
        case "bool_type":
            return f"expected true or false, got {got}"
        case "int_type":
            return f"expected a whole number, got {got}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"expected keys with values, got {got}"
        case _:
            return f"{error['msg'].replace('Input should be', 'expected')}, got {got}"


def _length(value: Any) -> int:
    return len(str(value) if isinstance(value, int) else value)


def _names_at(model: type[BaseModel], loc: Sequence[Part]) -> list[str]:
    """The keys that are known where `loc` leads."""
    for part in loc:
        named = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        inner = _model_in(named.annotation) if named else None
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in reversed(get_args(annotation)))
    return next((model for model in found if model), None)
