"""Read a filter as people write it into its tree; what does not fit is told with its path. Pure.

Everything written side by side must hold: questions, `all`, `any` and `not` alike.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from config.strict import name_fault, shown
from contacts import dates, fields
from contacts.filters import terms
from contacts.filters.tree import All, Either, Node, Not

ATTRIBUTE = "attributes."
CAMPAIGN = "campaign."
MAX_DEPTH = 20
MAX_QUESTIONS = 200

_GROUPS = ("all", "any", "not")
_TESTS: dict[str, Any] = {
    "segments": terms.SegmentsTest,
    "language": terms.LanguageTest,
    "country": terms.CountryTest,
    "consent": terms.ConsentTest,
    "window": terms.WindowTest,
    "last_seen": terms.SeenTest,
}
_KNOWN = (*_TESTS, *_GROUPS, f"{ATTRIBUTE}…", f"{CAMPAIGN}…")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a filter. path: dotted, such as `any.0.attributes.city`."""

    path: str
    message: str


class InvalidFilterError(ValueError):
    """The filter is none. problems: every fault at once."""

    def __init__(self, problems: Iterable[tuple[Path, str]]) -> None:
        self.located = list(problems)
        self.problems = [Problem(dotted(path), message) for path, message in self.located]
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in self.problems))


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: as it was written, and its tree."""

    written: Mapping[str, Any] = field(hash=False)
    tree: Node


def read(written: Any) -> Filter:
    """The filter. Raises InvalidFilterError with every problem."""
    reader = _Reader()
    tree = reader.group(written, ())
    if not reader.problems and reader.questions > MAX_QUESTIONS:
        reader.problems.append(((), f"asks more than {MAX_QUESTIONS} questions; split it"))
    if reader.problems or tree is None:
        raise InvalidFilterError(reader.problems)
    return Filter(_kept(written), tree)


def _kept(written: Any) -> Any:
    """As it was written, in what JSON and MongoDB hold alike: YAML makes dates of dates."""
    if isinstance(written, Mapping):
        return {str(key): _kept(value) for key, value in written.items()}
    if isinstance(written, list | tuple):
        return [_kept(value) for value in written]
    return dates.iso(written) if isinstance(written, date) else written


def dotted(path: Path) -> str:
    """How a problem's place is told; `where` for the whole."""
    return ".".join(map(str, path)) or "where"


class _Reader:
    def __init__(self) -> None:
        self.problems: list[tuple[Path, str]] = []
        self.questions = 0

    def group(self, written: Any, path: Path) -> Node | None:
        if not isinstance(written, Mapping):
            got = shown(written)
            return self._fault(path, f"expected questions such as `country: IN`, got {got}")
        if not written:
            return self._fault(path, "asks nothing")
        if len(path) > 2 * MAX_DEPTH:
            return self._fault(path, f"is nested more than {MAX_DEPTH} deep")
        parts: list[Node] = []
        for key, value in written.items():
            parts.extend(self._part(str(key), value, (*path, str(key))))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _part(self, key: str, value: Any, path: Path) -> Iterator[Node]:
        if key == "not":
            if (denied := self.group(value, path)) is not None:
                yield Not(denied)
        elif key in ("all", "any"):
            if not isinstance(value, list | tuple) or not value:
                self._fault(path, "expected a list of questions, such as [{country: IN}]")
                return
            found = [self.group(part, (*path, place)) for place, part in enumerate(value)]
            nodes = tuple(node for node in found if node is not None)
            yield All(nodes) if key == "all" else Either(nodes)
        else:
            yield from self._question(key, value, path)

    def _question(self, key: str, value: Any, path: Path) -> Iterator[Node]:
        self.questions += 1
        try:
            if key.startswith(ATTRIBUTE):
                name = fields.attribute_name(key.removeprefix(ATTRIBUTE))
                yield from terms.AttributeTest.model_validate(value).nodes(name)
            elif key.startswith(CAMPAIGN):
                name = key.removeprefix(CAMPAIGN)
                if reason := name_fault(name):
                    self._fault(path, reason)
                    return
                yield from terms.CampaignTest.model_validate(value).nodes(name)
            elif key in _TESTS:
                yield from _TESTS[key].model_validate(value).nodes()
            else:
                self._fault(path, f"{key!r} is nothing to ask about{meant(key, _KNOWN)}")
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._fault((*path, *detail["loc"]), _sentence(key, detail))
        except ValueError as error:
            self._fault(path, str(error))

    def _fault(self, path: Path, message: str) -> Node | None:
        self.problems.append((path, message))
        return None


def meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing where no known name is near.

    >>> meant("segmants", ["segments", "language"])
    "; did you mean 'segments'?"
    """
    names = sorted(known)
    if name.startswith("contact."):  # what rules call it
        near = [name.removeprefix("contact.")]
    else:
        near = difflib.get_close_matches(name[:100], names, n=1)
        near = near or [one for one in names if one.startswith(f"{name}.")][:1]
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(names)}"


def _sentence(key: str, error: ErrorDetails) -> str:
    got = shown(error["input"])
    match error["type"]:
        case "extra_forbidden":
            operator = str(error["loc"][-1])
            return f"{operator!r} is no operator of {key!r}{meant(operator, _operators(key))}"
        case "value_error":
            return str(error.get("ctx", {}).get("error", error["msg"]))
        case "missing":
            return "is missing"
        case "too_short":
            return "is empty"
        case "too_long":
            return f"has more than {terms.MAX_CHOICES} entries"
        case "tuple_type":
            return f"expected a list such as [one, two], got {got}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"expected a span such as {{within: 30d}}, got {got}"
        case _:
            return f"{error['msg'].replace('Input should be', 'expected')}, got {got}"


def _operators(key: str) -> list[str]:
    if key.startswith(ATTRIBUTE):
        model: Any = terms.AttributeTest
    elif key.startswith(CAMPAIGN):
        model = terms.CampaignTest
    else:
        model = _TESTS[key]
    return [one.alias or name for name, one in model.model_fields.items()]


def _validated(value: Any) -> Filter:
    """For documents that pydantic reads: the problems stand at their own paths."""
    if isinstance(value, Filter):
        return value
    try:
        return read(value)
    except InvalidFilterError as error:
        raise ValidationError.from_exception_data(
            "Where",
            [
                InitErrorDetails(
                    # The sentence may hold braces, which a template would take for its own.
                    type=PydanticCustomError("where", "{sentence}", {"sentence": message}),
                    loc=path,
                    input=None,
                )
                for path, message in error.located
            ],
        ) from None


def _dump(kept: Filter) -> dict[str, Any]:
    return dict(kept.written)


Where = Annotated[
    Filter,
    PlainValidator(_validated),
    PlainSerializer(_dump, return_type=dict),
    WithJsonSchema({"type": "object", "description": "A filter; see docs/contacts.md"}),
]
