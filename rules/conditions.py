"""A rule's `when:` as people write it: facts, values, and `all`, `any`, `not` around them."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from config.strict import Number, ScalarValue, Seconds, Strict, Truth, UnfitError, shown
from rules import vocabulary

Operator = Literal["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "has", "lacks", "exists"]

OPERATORS: tuple[Operator, ...] = (
    "eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "has", "lacks", "exists",
)  # fmt: skip
_GROUPS = ("all", "any", "not")


class Comparison(Strict):
    """What one fact is held against. Several operators must all hold; a bare value means `eq`."""

    eq: ScalarValue | None = None
    ne: ScalarValue | None = None
    in_: Annotated[tuple[ScalarValue, ...], Field(min_length=1, max_length=500)] | None = Field(
        None, alias="in"
    )
    not_in: Annotated[tuple[ScalarValue, ...], Field(min_length=1, max_length=500)] | None = None
    gt: Number | None = None
    gte: Number | None = None
    lt: Number | None = None
    lte: Number | None = None
    has: ScalarValue | None = None
    lacks: ScalarValue | None = None
    exists: Truth | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_value_means_equals(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise UnfitError("a list is compared with `in: […]`")
        if value is None:
            raise ValueError("has no value; `exists: false` asks whether a fact is missing")
        if not isinstance(value, dict):
            return {"eq": value}
        if not value:
            raise ValueError("compares with nothing")
        for name, constant in value.items():
            if constant is None and name in OPERATORS:
                raise ValueError(f"`{name}` has no value")
        return value

    def tests(self) -> Iterator[tuple[Operator, Any]]:
        """The operators that were written, with their values."""
        for operator in OPERATORS:
            value = self.in_ if operator == "in" else getattr(self, operator)
            if value is not None:
                yield operator, value


FactName = Annotated[str, AfterValidator(vocabulary.known_fact)]


class When(Strict):
    """Everything written side by side must hold: facts, `all`, `any` and `not` alike."""

    facts: dict[FactName, Comparison] = Field(default_factory=dict)
    after: Seconds | None = None  # a negative event's deadline
    all_: Annotated[tuple["When", ...], Field(min_length=1, max_length=64)] | None = Field(
        None, alias="all"
    )
    any_: Annotated[tuple["When", ...], Field(min_length=1, max_length=64)] | None = Field(
        None, alias="any"
    )
    not_: "When | None" = Field(None, alias="not")

    @model_validator(mode="before")
    @classmethod
    def _facts_stand_beside_groups(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise UnfitError(
                f"expected conditions such as `intent: price_enquiry`, got {shown(value)}"
            )
        if not value:
            raise ValueError("asks nothing")
        own = (*_GROUPS, "after")
        return {
            **{key: part for key, part in value.items() if key in own},
            "facts": {key: part for key, part in value.items() if key not in own},
        }
