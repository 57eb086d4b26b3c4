"""Campaign documents in a YAML file, one or more, read as the API would get them as JSON. Pure.

YAML without its surprises: `on`, `yes` and `10:00` are texts, as in YAML 1.2, dates stay texts,
keys are texts and stand once.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml

MAX_FILE_BYTES = 1_000_000

_NULL = ("tag:yaml.org,2002:null", re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""])
_BOOL = (
    "tag:yaml.org,2002:bool",
    re.compile(r"true|True|TRUE|false|False|FALSE"),
    list("tTfF"),
)
_INT = ("tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9][0-9]{0,17})"), list("-+0123456789"))
_FLOAT = (
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?\.[0-9]{1,18}"),
    list("-+.0123456789"),
)


class UnreadableFileError(ValueError):
    """The text is no YAML. Its text begins with `line:column: `."""


class _Loader(yaml.SafeLoader):
    """Plain values only."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML looks for it on the class

    def construct_mapping(
        self,
        node: Any,
        deep: bool = False,  # noqa: ARG002  # PyYAML's signature
    ) -> dict[Hashable, Any]:
        """Keys as they were written, each once."""
        mapping: dict[Hashable, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key is a text", problem_mark=key.start_mark)
            if key.value in mapping:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value[:60]!r} stands twice", problem_mark=key.start_mark
                )
            mapping[key.value] = self.construct_object(value, deep=True)
        return mapping


for _tag, _pattern, _first in (_NULL, _BOOL, _INT, _FLOAT):
    _Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_pattern.pattern})$"), _first)


def read(text: str) -> list[Any]:
    """Every document of the file, empty ones left out. Raises UnreadableFileError."""
    if len(text.encode()) > MAX_FILE_BYTES:
        raise UnreadableFileError(f"1:1: larger than {MAX_FILE_BYTES} bytes")
    plain = text.removeprefix("\ufeff")
    try:
        found = list(yaml.load_all(plain, Loader=_Loader))  # a SafeLoader, and less
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise UnreadableFileError(f"{spot}: no YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise UnreadableFileError(f"1:1: no YAML: {' '.join(str(error).split())}") from None
    return [document for document in found if document is not None]
