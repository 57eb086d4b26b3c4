"""The small types that rule files and campaign documents are made of: names, texts, durations."""

import math
import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from config.values import parse_duration

MAX_TEXT_CONSTANT = (
    200  # characters a condition may compare with; facts are cut at 256, so never equal by chance
)

# The marks of Indic and other scripts are part of their words, and `\w` leaves them out.
_MARKS = "".join(chr(c) for c in range(0x300, 0x1100) if unicodedata.category(chr(c))[0] == "M")
_NAME = re.compile(rf"[^\W\d][\w{_MARKS}-]{{0,63}}")
_ATTRIBUTE = re.compile(r"[^\s.$\x00-\x1f\x7f][^\s.$\x00-\x1f\x7f]{0,63}")


class UnfitError(ValueError):
    """A value that does not fit, with a sentence that says what would."""


class Strict(BaseModel):
    """Knows its keys, refuses others, and never changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=False)


def shown(value: Any) -> str:
    """A value as a problem's sentence quotes it: short, and saying its kind.

    >>> shown("a"), shown(5), shown(True), shown([1])
    ("'a'", '5 (a number)', 'true (yes or no)', 'a list')
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return f"{str(value).lower()} (yes or no)"
        case int() | float():
            return f"{value} (a number)"
        case str():
            return repr(value if len(value) <= 40 else value[:39] + "…")
        case list() | tuple():
            return "a list"
        case _:
            return "a group of keys"


def _text(value: Any) -> Any:
    """Whole numbers are texts too where a text is wanted: people write `exact: [1, 2]`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise UnfitError(f"expected a text, got {shown(value)}; put it in quotes")
    return value


def _encodable(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("holds a character that is no text")
    return value


def name_fault(value: str) -> str | None:
    """Why `value` is no name, as a sentence; None where it is one."""
    if _NAME.fullmatch(value):
        return None
    return f"{shown(value)} is no name: letters, digits, _ and -, at most 64, no spaces"


def _name(value: str) -> str:
    if reason := name_fault(value):
        raise ValueError(reason)
    return value


def _attribute(value: str) -> str:
    if not _ATTRIBUTE.fullmatch(value):
        raise ValueError(
            f"{shown(value)} is no attribute: no spaces, dots or $, at most 64 characters"
        )
    return value


def _duration_s(value: Any) -> Any:
    if not isinstance(value, str):
        raise UnfitError(f"expected a duration such as 30m, 48h or 7 days, got {shown(value)}")
    seconds = int(parse_duration(value).total_seconds())
    if seconds == 0:
        raise ValueError("a duration of nothing")
    return seconds


def _scalar(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number to compare with")
    if not isinstance(value, str | int | float):
        raise UnfitError(f"expected a text, a number, true or false, got {shown(value)}")
    if isinstance(value, str):
        _encodable(value)
        if len(value) > MAX_TEXT_CONSTANT:
            raise ValueError(f"longer than {MAX_TEXT_CONSTANT} characters")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a number, got {shown(value)}")
    return value


def _truth(value: Any) -> Any:
    if not isinstance(value, bool):
        raise UnfitError(f"expected true or false, got {shown(value)}")
    return value


# How these are written, for whoever generates a JSON Schema: the types alone tell the result.
_AS_TEXT = WithJsonSchema({"type": ["string", "integer"]})
_AS_NAME = WithJsonSchema({"type": ["string", "integer"], "description": "A name, no spaces."})
_AS_DURATION = WithJsonSchema(
    {"type": "string", "description": "A duration: 30m, 48h, 7 days.", "examples": ["48h"]}
)

Text = Annotated[str, BeforeValidator(_text), AfterValidator(_encodable), _AS_TEXT]
ShortText = Annotated[Text, Field(max_length=MAX_TEXT_CONSTANT)]
Name = Annotated[str, BeforeValidator(_text), AfterValidator(_name), _AS_NAME]
Attribute = Annotated[str, BeforeValidator(_text), AfterValidator(_attribute), _AS_NAME]
Seconds = Annotated[
    int, BeforeValidator(_duration_s), _AS_DURATION
]  # written as 30m, 48h, 30d, 7 days

Scalar = str | bool | int | float
ScalarValue = Annotated[
    Any, AfterValidator(_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Number = Annotated[Any, AfterValidator(_number), WithJsonSchema({"type": "number"})]
Truth = Annotated[bool, BeforeValidator(_truth)]
