"""Conditions on what an event tells, in the words of a contact filter: `total: {gte: 1000}`. Pure.

A value is asked as an attribute of that name would be, by the same code.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from config.strict import shown
from contacts.filters.read import ATTRIBUTE, Filter, InvalidFilterError, read
from contacts.filters.tree import holds
from contacts.identity import Identity
from contacts.touch import new_contact

_VALUE = "value"


def hold(conditions: Filter, told: Mapping[str, Any], now: datetime) -> bool:
    """Whether what the event tells is as it should be.

    >>> from datetime import UTC
    >>> asked = _properties({"total": {"gte": 1000}})
    >>> [hold(asked, {"total": n}, datetime(2026, 1, 1, tzinfo=UTC)) for n in (999, 1000)]
    [False, True]
    """
    somebody = new_contact(Identity("0"), None, "", now)
    somebody["attributes"] = dict(told)
    return holds(conditions.tree, somebody, now)


def fits(condition: Filter | None, value: Any, now: datetime) -> bool:
    """Whether one value is as it should be; None where there is none, and without a condition
    everything is."""
    if condition is None:
        return True
    return hold(condition, {} if value is None else {_VALUE: value}, now)


def _properties(written: Any) -> Filter:
    if isinstance(written, Filter):
        return written
    if not isinstance(written, Mapping) or not written:
        raise ValueError(
            f"expected properties such as `total: {{gte: 1000}}`, got {shown(written)}"
        )
    return _read({f"{ATTRIBUTE}{name}": asked for name, asked in written.items()})


def _value(written: Any) -> Filter:
    if isinstance(written, Filter):
        return written
    return _read({f"{ATTRIBUTE}{_VALUE}": written})


def _read(written: dict[str, Any]) -> Filter:
    try:
        return read(written)
    except InvalidFilterError as error:
        told = (f"{one.path.removeprefix(ATTRIBUTE)}: {one.message}" for one in error.problems)
        raise ValueError("; ".join(told)) from None


def _dumped_properties(kept: Filter) -> dict[str, Any]:
    return {name.removeprefix(ATTRIBUTE): asked for name, asked in kept.written.items()}


def _dumped_value(kept: Filter) -> Any:
    return kept.written[f"{ATTRIBUTE}{_VALUE}"]


Properties = Annotated[
    Filter,
    PlainValidator(_properties),
    PlainSerializer(_dumped_properties, return_type=dict),
    WithJsonSchema(
        {
            "type": "object",
            "description": "What the event's properties must be; see docs/campaigns.md",
        }
    ),
]
Value = Annotated[
    Filter,
    PlainValidator(_value),
    PlainSerializer(_dumped_value),
    WithJsonSchema({"description": "A value, or {in: […]}, {gte: …}, {exists: false}"}),
]
