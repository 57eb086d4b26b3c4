"""What a shop's webhook says to us, whichever shop it is: events of one person, tidied up. Pure.

The same few event names and properties, so that campaigns and rules do not care which shop it was.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contacts import fields
from contacts.identity import Identity

CREATED, PAID, FULFILLED, CANCELLED = (
    "order_created",
    "order_paid",
    "order_fulfilled",
    "order_cancelled",
)
ABANDONED, CUSTOMER = "checkout_abandoned", "customer_created"
_MOST_ITEMS = 20
_MOST_CHARS = 200


class UnreadableError(ValueError):
    """A signed body that is not what its topic says. Its text says what was expected."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event. key: its identity within the shop. phones: (number as written, country), the best
    first. waits: it is told only if nothing comes in between."""

    event: str
    key: str
    phones: Sequence[tuple[str, str | None]]
    properties: Mapping[str, Any]
    name: str | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What one webhook says. settled: keys of events that wait, and will not be told now."""

    told: Sequence[Told] = ()
    settled: Sequence[str] = field(default=())


def is_signed(body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether `header` is the base64 of HMAC-SHA256 over the raw body, by any of the secrets.

    So both shops sign. Every secret is tried, in constant time each; nothing is raised.
    """
    given = (header or "").encode("utf-8", "backslashreplace")
    matches = [hmac.compare_digest(signature(body, one).encode(), given) for one in secrets]
    return any(matches)


def signature(body: bytes, secret: str) -> str:
    """The header's value.

    >>> signature(b"{}", "s")
    'FDyo1Re6GxgQJdcysc8nXZAQT8pXuwKlZVQpeKoYxLY='
    """
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def person(told: Told, default_country: str) -> Identity | None:
    """Whom it is about: the first number that is one, in its own country's form; None: nobody."""
    for written, country in told.phones:
        try:
            return Identity(wa_id=fields.phone(written, country or default_country))
        except ValueError:
            continue
    return None


def phones(*pairs: tuple[object, object]) -> list[tuple[str, str | None]]:
    """(number, country) of what was given, without what is none."""
    found = []
    for number, country in pairs:
        if isinstance(number, str) and number.strip():
            of = country if isinstance(country, str) and len(country) == 2 else None
            found.append((number.strip()[:40], of.upper() if of else None))
    return found


def group(value: object) -> Mapping[str, Any]:
    """A part of the body that should be a group of keys; empty where it is none."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str | None:
    """A short text on one line; numbers as they are written. None where there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(str(value).split())[:_MOST_CHARS] or None


def number(value: object) -> int | float | None:
    """An amount, which shops write as a text.

    >>> number("403.00"), number("12.5"), number("a lot")
    (403, 12.5, None)
    """
    try:
        found = float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None
    if found is None or not abs(found) < 1e15:  # not a number is not less than anything
        return None
    return int(found) if found.is_integer() else found


def names(lines: object, field_: str) -> list[str]:
    """`field_` of each line, the first few, each once."""
    found = (text(group(line).get(field_)) for line in lines) if isinstance(lines, list) else ()
    return list(dict.fromkeys(one for one in found if one))[:_MOST_ITEMS]


def count(lines: object) -> int:
    """How many pieces these lines are."""
    if not isinstance(lines, list):
        return 0
    return int(sum(number(group(line).get("quantity")) or 0 for line in lines))


def tidy(**properties: Any) -> dict[str, Any]:
    """Without those of which nothing is known."""
    return {name: value for name, value in properties.items() if value not in (None, [], "")}


def full_name(*parts: object) -> str | None:
    """A person's name of its parts."""
    return text(" ".join(filter(None, map(text, parts))))


def moment(value: object) -> datetime | None:
    """An ISO time with its zone, as headers tell it."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def identity_of(body: Mapping[str, Any], what: str) -> str:
    """The `id` of an order, a customer. Raises UnreadableError."""
    if (found := text(body.get("id"))) is None:
        raise UnreadableError(f"no {what}: it has no id")
    return found


def key(shop: str, *parts: str) -> str:
    """An event's identity among those of all shops."""
    return ":".join((shop, *parts))
