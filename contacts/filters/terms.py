"""What a filter may ask in one line: `attributes.city: {in: [Pune, Mumbai]}` and its kin. Pure.

The operators are those of rule conditions. Texts are compared as they stand, capitals included.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from config.strict import Name, ScalarValue, Seconds, Strict, Truth, UnfitError, shown
from contacts import dates, fields
from contacts.filters.tree import (
    AttributeIs,
    AttributeOrder,
    AttributeWithin,
    Behaviour,
    Did,
    Either,
    FieldIs,
    HasAttribute,
    HasField,
    Member,
    Node,
    Not,
    Order,
    Seen,
    WindowOpen,
)
from store.documents.contact import OptIn

MAX_CHOICES = 500
_INT64 = 2**63
_COUNTRY = re.compile(r"[A-Za-z]{2}")


def _plain(value: Any) -> Any:
    """YAML reads a bare 2026-01-31 as a date; it is kept as the text that was written."""
    return dates.iso(value) if isinstance(value, date) else value


def _fits(value: Any) -> Any:
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise UnfitError("a number that MongoDB cannot hold")
    return value


def _bound(value: Any) -> Any:
    """A number, or a date as an ISO text in the one form that attributes have."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    found = dates.parse(value) if isinstance(value, str) else None
    if found is None:
        raise UnfitError(f"expected a number or a date such as 2026-01-31, got {shown(value)}")
    return found


def _consent(value: Any) -> Any:
    """`yes` and `no` are truths to YAML 1.1, and texts to JSON."""
    said = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    if said not in list(OptIn):
        raise UnfitError(f"consent is yes, no or unknown, not {shown(value)}")
    return said


def _country(value: Any) -> Any:
    said = "NO" if value is False else value  # Norway, to YAML 1.1
    if not isinstance(said, str) or not _COUNTRY.fullmatch(said):
        raise UnfitError(f"expected a country's two letters, such as IN, got {shown(value)}")
    return said.upper()


def _language(value: Any) -> Any:
    if not isinstance(value, str):
        raise UnfitError(f"expected a language such as hi or pt_BR, got {shown(value)}")
    return fields.language(value)


def _window(value: Any) -> Any:
    if value not in ("open", "closed"):
        raise UnfitError(f"a window is open or closed, not {shown(value)}")
    return value


Constant = Annotated[ScalarValue, BeforeValidator(_plain), AfterValidator(_fits)]
Constants = Annotated[tuple[Constant, ...], Field(min_length=1, max_length=MAX_CHOICES)]
Bound = Annotated[Any, BeforeValidator(_plain), AfterValidator(_bound), AfterValidator(_fits)]


class _Test(Strict):
    """bare: the operator that a bare value means."""

    bare: ClassVar[str] = "eq"

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise UnfitError("a list is compared with `in: […]`")
        if value is None:
            raise ValueError("has no value; `exists: false` asks whether it is missing")
        if not isinstance(value, dict):
            return {cls.bare: value}
        if not value:
            raise ValueError("compares with nothing")
        if nothing := next((name for name, part in value.items() if part is None), None):
            raise ValueError(f"`{nothing}` has no value")
        return value


class AttributeTest(_Test):
    """What an attribute is held against; several operators must all hold."""

    eq: Constant | None = None
    ne: Constant | None = None
    in_: Constants | None = Field(None, alias="in")
    not_in: Constants | None = None
    gt: Bound | None = None
    gte: Bound | None = None
    lt: Bound | None = None
    lte: Bound | None = None
    has: Constant | None = None
    lacks: Constant | None = None
    exists: Truth | None = None
    within: Seconds | None = None

    def nodes(self, name: str) -> Iterator[Node]:
        yield from _choices(self, lambda values: AttributeIs(name, values))
        orders: tuple[Order, ...] = ("gt", "gte", "lt", "lte")
        for order in orders:
            if (bound := getattr(self, order)) is not None:
                yield AttributeOrder(name, order, bound)
        if self.within is not None:
            yield AttributeWithin(name, self.within)
        yield from _exists(self.exists, HasAttribute(name))


class _FieldTest(_Test):
    field: ClassVar[str]

    def nodes(self) -> Iterator[Node]:
        yield from _choices(self, lambda values: FieldIs(self.field, values))
        yield from _exists(getattr(self, "exists", None), HasField(self.field))


class LanguageTest(_FieldTest):
    field: ClassVar[str] = "language"
    eq: Annotated[Any, AfterValidator(_language)] | None = None
    ne: Annotated[Any, AfterValidator(_language)] | None = None
    in_: tuple[Annotated[Any, AfterValidator(_language)], ...] | None = Field(None, alias="in")
    not_in: tuple[Annotated[Any, AfterValidator(_language)], ...] | None = None
    exists: Truth | None = None


class CountryTest(_FieldTest):
    field: ClassVar[str] = "country"
    eq: Annotated[Any, AfterValidator(_country)] | None = None
    ne: Annotated[Any, AfterValidator(_country)] | None = None
    in_: tuple[Annotated[Any, AfterValidator(_country)], ...] | None = Field(None, alias="in")
    not_in: tuple[Annotated[Any, AfterValidator(_country)], ...] | None = None
    exists: Truth | None = None


class ConsentTest(_FieldTest):
    field: ClassVar[str] = "consent"
    eq: Annotated[Any, AfterValidator(_consent)] | None = None
    ne: Annotated[Any, AfterValidator(_consent)] | None = None
    in_: tuple[Annotated[Any, AfterValidator(_consent)], ...] | None = Field(None, alias="in")
    not_in: tuple[Annotated[Any, AfterValidator(_consent)], ...] | None = None


class SegmentsTest(_Test):
    """`has` and `eq` are one here, as are `lacks` and `ne`; `in` means any of them."""

    bare: ClassVar[str] = "has"
    has: Name | None = None
    lacks: Name | None = None
    eq: Name | None = None
    ne: Name | None = None
    in_: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_CHOICES)] | None = Field(
        None, alias="in"
    )
    not_in: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_CHOICES)] | None = None

    def nodes(self) -> Iterator[Node]:
        def members(names: tuple[Any, ...]) -> Node:
            found = tuple(Member(name) for name in names)
            return found[0] if len(found) == 1 else Either(found)

        yield from _choices(self, members)


class WindowTest(_Test):
    eq: Annotated[Any, AfterValidator(_window)] | None = None
    ne: Annotated[Any, AfterValidator(_window)] | None = None

    def nodes(self) -> Iterator[Node]:
        for said, opened in ((self.eq, "open"), (self.ne, "closed")):
            if said is not None:
                yield WindowOpen() if said == opened else Not(WindowOpen())


class SeenTest(_Test):
    bare: ClassVar[str] = "within"
    within: Seconds | None = None
    exists: Truth | None = None

    def nodes(self) -> Iterator[Node]:
        if self.within is not None:
            yield Seen(self.within)
        yield from _exists(self.exists, Seen(None))


class _Lately(Strict):
    within: Seconds


_BEHAVIOURS: dict[str, Behaviour] = {
    "delivered": "delivered", "got": "delivered", "read": "read", "replied": "replied",
    "clicked": "clicked", "failed": "failed",
}  # fmt: skip


def _behaviour(value: Any) -> Any:
    if value not in _BEHAVIOURS:
        wanted = ", ".join(_BEHAVIOURS)
        raise UnfitError(f"expected one of {wanted}, got {shown(value)}")
    return _BEHAVIOURS[value]


What = Annotated[Any, AfterValidator(_behaviour)]


class CampaignTest(_Test):
    """What became of a campaign's messages. within: belongs to `has` and `lacks`."""

    bare: ClassVar[str] = "has"
    has: What | None = None
    lacks: What | None = None
    within: Seconds | None = None
    delivered: _Lately | None = None
    got: _Lately | None = None
    read: _Lately | None = None
    replied: _Lately | None = None
    clicked: _Lately | None = None
    failed: _Lately | None = None

    @model_validator(mode="after")
    def _within_needs_a_word(self) -> "CampaignTest":
        if self.within is not None and self.has is None and self.lacks is None:
            raise ValueError("`within` needs `has` or `lacks` beside it")
        return self

    def nodes(self, campaign: str) -> Iterator[Node]:
        if self.has is not None:
            yield Did(campaign, self.has, self.within)
        if self.lacks is not None:
            yield Not(Did(campaign, self.lacks, self.within))
        for word, what in _BEHAVIOURS.items():
            lately: _Lately | None = getattr(self, word)
            if lately is not None:
                yield Did(campaign, what, lately.within)


def _choices(test: _Test, node: Callable[[tuple[Any, ...]], Node]) -> Iterator[Node]:
    """What `eq`, `in`, `has` affirm, and what their opposites deny."""
    for operator in ("eq", "has"):
        if (value := getattr(test, operator, None)) is not None:
            yield node((value,))
    if (values := getattr(test, "in_", None)) is not None:
        yield node(values)
    for operator in ("ne", "lacks"):
        if (value := getattr(test, operator, None)) is not None:
            yield Not(node((value,)))
    if (values := getattr(test, "not_in", None)) is not None:
        yield Not(node(values))


def _exists(wanted: bool | None, node: Node) -> Iterator[Node]:
    if wanted is not None:
        yield node if wanted else Not(node)
