"""A rule file's values, each with its place, so that a problem can be pointed at.

YAML without its surprises: `yes`, `no`, `on` and `off` are texts, as in YAML 1.2; keys are texts
and stand once; tags are refused. Reading is bounded in bytes, depth and nodes, aliases included.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from rules.problems import Problem, RuleFilesError

MAX_FILE_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 200_000

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")  # 007 stays a text, and so does what is no int64
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?\.[0-9]{1,18}([eE][-+]?[0-9]{1,2})?")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Part = str | int


@dataclass(slots=True)
class Node:
    """A value and where it begins. `items` are keyed by text in a mapping, by place in a list."""

    line: int
    column: int
    value: Any = None  # of a scalar
    kind: str = "scalar"  # scalar | mapping | sequence
    items: dict[Part, "Node"] = field(default_factory=dict)
    keys: dict[Part, tuple[int, int]] = field(default_factory=dict)
    size: int = 1

    def plain(self) -> Any:
        """The value as dicts, lists and scalars."""
        if self.kind == "mapping":
            return {key: item.plain() for key, item in self.items.items()}
        if self.kind == "sequence":
            return [item.plain() for item in self.items.values()]
        return self.value


@dataclass(frozen=True, slots=True)
class Document:
    """One rule file, read."""

    file: str
    root: Node

    def node(self, path: Sequence[Part]) -> Node:
        """The node at `path`, or the nearest above; parts that are no key here are passed over."""
        node = self.root
        for part in path:
            node = node.items.get(part, node)
        return node

    def spot(self, path: Sequence[Part], on_key: bool = False) -> tuple[int, int]:
        """Line and column of the value at `path`, or of its key."""
        node, spot = self.root, (self.root.line, self.root.column)
        for part in path:
            if part in node.items:
                key = node.keys.get(part)
                node = node.items[part]
                spot = key if on_key and key else (node.line, node.column)
        return spot

    def problem(
        self, path: Sequence[Part], message: str, on_key: bool = False, *, warning: bool = False
    ) -> Problem:
        """Something to mend at the value at `path`, or at its key."""
        line, column = self.spot(path, on_key)
        return Problem(self.file, line, column, message, warning)


def parse(name: str, text: str) -> Document:
    """One file. Raises RuleFilesError; an empty file is an empty mapping."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        line = text[: error.start].count("\n") + 1
        raise RuleFilesError(
            [Problem(name, line, 1, "holds a character that is no text")]
        ) from None
    if len(encoded) > MAX_FILE_BYTES:
        raise RuleFilesError([Problem(name, 1, 1, f"is larger than {MAX_FILE_BYTES} bytes")])
    reader = _Reader(name)
    try:
        root = reader.document(yaml.parse(text.removeprefix("\ufeff"), Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        written = "".join(text.splitlines()[spot[0] - 1 : spot[0]])
        tab = "\t" in written[: len(written) - len(written.lstrip())]
        why = "a tab; YAML is indented with spaces" if tab else error.problem
        raise RuleFilesError([Problem(name, *spot, f"is no YAML: {why}")]) from None
    except yaml.YAMLError as error:
        raise RuleFilesError(
            [Problem(name, 1, 1, f"is no YAML: {' '.join(str(error).split())}")]
        ) from None
    if reader.problems:
        raise RuleFilesError(reader.problems)
    return Document(name, root)


class _Reader:
    """Builds nodes from YAML's events: no recursion into C, no object construction."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.anchors: dict[str, Node] = {}
        self.count = 0

    def document(self, events: Iterator[yaml.Event]) -> Node:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                self._stop(event, "a second document begins; a rule file is one")
            if isinstance(event, yaml.NodeEvent):
                root = self._node(event, events, 0)
        if root is None or (root.kind == "scalar" and root.value is None):
            return Node(1, 1, kind="mapping")
        return root

    def _stop(self, event: yaml.Event, message: str) -> NoReturn:
        raise RuleFilesError([*self.problems, Problem(self.name, *_spot(event), message)])

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            node = self._alias(event)
        elif depth >= MAX_DEPTH:
            self._stop(event, f"is nested more than {MAX_DEPTH} deep")
        else:
            node = Node(*_spot(event))
            if getattr(event, "tag", None) not in (None, "!"):
                self._stop(event, "tags such as !!str are not part of rule files")
            if isinstance(event, yaml.ScalarEvent):
                node.value = _scalar(event.value) if event.implicit[0] else event.value
            elif isinstance(event, yaml.MappingStartEvent):
                self._mapping(node, events, depth)
            else:
                self._sequence(node, events, depth)
            if anchor := getattr(event, "anchor", None):
                self.anchors[anchor] = node
        self.count += node.size if isinstance(event, yaml.AliasEvent) else 1
        if self.count > MAX_NODES:
            self._stop(event, f"holds more than {MAX_NODES} values, aliases counted")
        return node

    def _alias(self, event: yaml.AliasEvent) -> Node:
        if event.anchor not in self.anchors:
            self._stop(event, f"*{event.anchor} stands for nothing above it")
        return self.anchors[event.anchor]

    def _mapping(self, node: Node, events: Iterator[yaml.Event], depth: int) -> None:
        node.kind = "mapping"
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            if not isinstance(event, yaml.ScalarEvent):
                self._stop(event, "a key is a text")
            spot, key = _spot(event), event.value
            item = self._node(next(events), events, depth + 1)
            if key in node.items:
                message = f"{key[:60]!r} stands twice; first on line {node.keys[key][0]}"
                self.problems.append(Problem(self.name, *spot, message))
            else:
                node.items[key] = item
                node.keys[key] = spot
            node.size += item.size

    def _sequence(self, node: Node, events: Iterator[yaml.Event], depth: int) -> None:
        node.kind = "sequence"
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            item = self._node(event, events, depth + 1)
            node.items[len(node.items)] = item
            node.size += item.size


def _spot(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _scalar(raw: str) -> Any:
    """What an unquoted scalar means, after YAML 1.2's core schema.

    >>> [_scalar(raw) for raw in ("yes", "true", "12", "0091", "1.5", "~")]
    ['yes', True, 12, '0091', 1.5, None]
    """
    if raw in ("", "~", "null", "Null", "NULL"):
        return None
    if raw in ("true", "True", "TRUE"):
        return True
    if raw in ("false", "False", "FALSE"):
        return False
    if _INT.fullmatch(raw):
        return int(raw)
    if _FLOAT.fullmatch(raw):
        return float(raw)
    return raw
