"""The facts a rule may ask about, and which kind of value each one has. Pure."""

import re
from collections.abc import Iterable
from enum import StrEnum

from rapidfuzz import fuzz, process

ATTRIBUTE = "contact.attributes."
PROPERTY = "event.properties."

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CAMPAIGN_TYPES = ("one_time", "triggered", "recurring", "drip")


class Kind(StrEnum):
    """What a fact's value is."""

    TEXT = "text"
    NUMBER = "number"
    SET = "set"  # several texts at once: has, lacks
    ANY = "any"  # an attribute or a property may be anything


FACTS: dict[str, Kind] = {
    "intent": Kind.SET,
    "event": Kind.TEXT,
    "campaign": Kind.TEXT,
    "campaign_type": Kind.TEXT,
    "step": Kind.NUMBER,
    "button": Kind.TEXT,
    "link": Kind.SET,
    "text": Kind.TEXT,
    "error_code": Kind.NUMBER,
    "after": Kind.NUMBER,
    "delivery.reached": Kind.SET,
    "delivery.buttons": Kind.SET,
    "contact.segments": Kind.SET,
    "contact.language": Kind.TEXT,
    "contact.country": Kind.TEXT,
    "local_hour": Kind.NUMBER,
    "local_weekday": Kind.TEXT,
}

_PATH = re.compile(r"[^\s.$\x00-\x1f\x7f]{1,64}(\.[^\s.$\x00-\x1f\x7f]{1,64}){0,4}")


def kind_of(fact: str) -> Kind:
    """The kind of a fact that `known_fact` let through."""
    return FACTS.get(fact, Kind.ANY)


def known_fact(name: str) -> str:
    """`name`, if rules may ask about it; ValueError with a sentence otherwise."""
    if name in FACTS:
        return name
    for prefix in (ATTRIBUTE, PROPERTY):
        if name.startswith(prefix):
            if _PATH.fullmatch(name.removeprefix(prefix)):
                return name
            raise ValueError(f"{name!r}: no spaces and no $ in what follows {prefix!r}")
    known = [*FACTS, "all", "any", "not", ATTRIBUTE + "…", PROPERTY + "…"]
    raise ValueError(f"{name!r} is no fact{meant(name, known)}")


def meant(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """`; did you mean 'x'?`, or nothing where no known name is near.

    >>> meant("segmants", ["segments", "language"])
    "; did you mean 'segments'?"
    """
    names = sorted(known)
    near = _nearest(name, names, cutoff)
    if near is None and "." not in name:
        last = {each.rsplit(".", 1)[-1]: each for each in names}
        near = last.get(_nearest(name, list(last), 0.75) or "")
    return f"; did you mean {near!r}?" if near else ""


def _nearest(name: str, names: list[str], cutoff: float) -> str | None:
    found = process.extractOne(
        name[:100].casefold(), names, scorer=fuzz.ratio, processor=str.casefold,
        score_cutoff=100 * cutoff,
    )  # fmt: skip
    return str(found[0]) if found else None
