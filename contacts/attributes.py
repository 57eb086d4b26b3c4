"""The kind of an attribute's values: inferred from the first one, then held for everybody.

A value of another kind is refused, whoever brings it: a file's row, the API, a rule. Otherwise
`orders: 12` and `orders: "12"` would both stand, and no filter would find both.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from contacts import dates, fields
from store import attributes, mongo
from store.documents.attribute import AttributeKind

MOST = 1_000  # attributes of all contacts together
_ANSWERS = {
    "true": True, "yes": True, "1": True,
    "false": False, "no": False, "0": False,
}  # fmt: skip
_A = {
    AttributeKind.TEXT: "a text",
    AttributeKind.NUMBER: "a number",
    AttributeKind.BOOLEAN: "true or false",
    AttributeKind.DATE: "a date such as 2026-01-31",
    AttributeKind.LIST: "a list",
}


class AttributeClashError(ValueError):
    """A value is not of its attribute's kind. name: of the attribute; the text leaves it out."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


def kind_of(value: object) -> AttributeKind:
    """The kind that a first value of a JSON or YAML type gives its attribute. Pure.

    >>> kind_of(1), kind_of("2026-01-31"), kind_of("31 January")
    (<AttributeKind.NUMBER: 'number'>, <AttributeKind.DATE: 'date'>, <AttributeKind.TEXT: 'text'>)
    """
    if isinstance(value, bool):
        return AttributeKind.BOOLEAN
    if isinstance(value, int | float):
        return AttributeKind.NUMBER
    if isinstance(value, list | tuple):
        return AttributeKind.LIST
    return AttributeKind.DATE if dates.parse(str(value)) else AttributeKind.TEXT


def fitted(value: Any, kind: AttributeKind) -> Any:
    """A value of a JSON or YAML type, as an attribute of this kind holds it. Pure.

    Raises ValueError with a sentence that does not repeat the value.
    """
    found = kind_of(value)
    if kind is AttributeKind.DATE and isinstance(value, str) and (date := dates.parse(value)):
        return date
    if kind is AttributeKind.TEXT and found is AttributeKind.DATE:
        return value
    if found is not kind:
        raise ValueError(f"must be {_A[kind]}, as this attribute has been since its first value")
    return list(value) if isinstance(value, tuple) else value


def kind_of_text(written: str) -> AttributeKind:
    """The kind that a first value in a CSV cell gives its attribute. Pure.

    >>> [kind_of_text(cell).value for cell in ("12", "0091", "TRUE", "2026-01-31", "1e5")]
    ['number', 'text', 'boolean', 'date', 'text']
    """
    return kind_of(fields.typed_attribute(written))


def from_text(written: str, kind: AttributeKind) -> Any:
    """What a CSV cell means to an attribute of this kind. Pure. Raises ValueError, as `fitted`.

    >>> from_text("12", AttributeKind.TEXT), from_text("yes", AttributeKind.BOOLEAN)
    ('12', True)
    """
    match kind:
        case AttributeKind.TEXT:
            return fields.text(written)
        case AttributeKind.BOOLEAN if written.strip().lower() in _ANSWERS:
            return _ANSWERS[written.strip().lower()]
        case AttributeKind.LIST:
            return [part.strip() for part in fields.text(written).split(";") if part.strip()]
        case _:
            return fitted(fields.typed_attribute(written), kind)


class Held:
    """The kinds as one import knows them, and as it gives them to attributes that are new.

    read: what a value means to a kind. infer: the kind of a first value. trial: give new ones a
    kind here alone, and write nothing.
    """

    def __init__(
        self,
        db: mongo.Db,
        source: str,
        *,
        read: Callable[[Any, AttributeKind], Any] = fitted,
        infer: Callable[[Any], AttributeKind] = kind_of,
        trial: bool = False,
    ) -> None:
        self._db, self._source, self._trial = db, source, trial
        self._read, self._infer = read, infer
        self._kinds: dict[str, AttributeKind] = {}

    def know(self, names: Iterable[str]) -> None:
        """Look up, at once, those that are not known yet."""
        if lacking := set(names) - self._kinds.keys():
            self._kinds |= attributes.kinds(self._db, lacking)

    def values(self, written: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Each value as it is to be kept. Raises AttributeClashError; what came before stands."""
        self.know(written)
        return {name: self._value(name, value, now) for name, value in written.items()}

    def _value(self, name: str, value: Any, now: datetime) -> Any:
        kind = self._kinds.get(name)
        try:
            if kind is None:
                kind = self._kinds[name] = self._first(name, self._infer(value), now)
            return self._read(value, kind)
        except ValueError as error:
            raise AttributeClashError(name, str(error)) from None

    def _first(self, name: str, kind: AttributeKind, now: datetime) -> AttributeKind:
        if attributes.count(self._db) >= MOST:
            raise ValueError(f"would be one more than {MOST} different attributes; use fewer")
        if self._trial:
            return kind
        return attributes.define(self._db, name, kind, self._source, now)


def hold(db: mongo.Db, values: Mapping[str, Any], source: str, now: datetime) -> dict[str, Any]:
    """`values` as contacts are to keep them; the first of a name decides its kind.

    source: rule, api … Raises AttributeClashError. Safe to repeat.
    """
    return Held(db, source).values(values, now)


class AttributeInUseError(Exception):
    """The attribute has values of another kind; the text says so."""


def define(db: mongo.Db, name: str, kind: AttributeKind, source: str, now: datetime) -> None:
    """Say of which kind an attribute is, before its first value does. Safe to repeat.

    Raises AttributeInUseError where contacts have values of another kind.
    """
    standing = attributes.kinds(db, [name]).get(name)
    if standing is kind:
        return
    if standing is not None and attributes.is_held(db, name):
        raise AttributeInUseError(
            f"{name} is {_A[standing]}, and contacts have values of it; unset them first"
        )
    attributes.redefine(db, name, kind, source, now)
