"""What a contact's fields may hold, whoever brings them: an import, the API, a form. Pure.

Each function returns the value in the one form we keep, or raises ValueError with a sentence.
"""

import math
import re
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale

from config.strict import name_fault
from contacts.identity import Identity, is_bsuid, parse_phone
from store.documents.contact import OptIn

MAX_NAME_CHARS = 256
MAX_TEXT_CHARS = 1_000
MAX_SEGMENTS = 100
MAX_ATTRIBUTES = 100

_LANGUAGE = re.compile(
    r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?", re.ASCII | re.IGNORECASE
)
# The same names that rule files let rules ask about.
_ATTRIBUTE = re.compile(r"[^\s.$\x00-\x1f\x7f]{1,64}")
_INT = re.compile(r"-?(0|[1-9][0-9]{0,14})")  # 0091 stays a text, and so does what is no int64
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,9}")
_INT64 = 2**63
_ANSWERS = {
    "yes": OptIn.YES, "true": OptIn.YES, "1": OptIn.YES,
    "no": OptIn.NO, "false": OptIn.NO, "0": OptIn.NO,
}  # fmt: skip

Scalar = str | int | float | bool


def text(value: object, limit: int = MAX_TEXT_CHARS) -> str:
    """A text that MongoDB can hold, without the white space around it."""
    if not isinstance(value, str):
        raise ValueError("is not a text")  # noqa: TRY004  # whoever reads rows catches one kind
    if len(value) > limit:
        raise ValueError(f"is longer than {limit} characters")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("holds a character that is no text")
    return value.strip()


def phone(value: object, default_country: str) -> str:
    """A wa_id. Numbers that JSON or a spreadsheet made of digits are taken as well.

    Letters are refused before the number is parsed: they would be dialled as on a telephone's
    keys, and 9.1981E+11 would become somebody else's number.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    written = text(value, 40)
    if not written:
        raise ValueError("is missing")
    if any(char.isalpha() for char in written):
        raise ValueError("not a phone number: it holds letters")
    return parse_phone(written, default_country)


def identity(value: str, default_country: str) -> Identity:
    """A phone number in any usual form, or a BSUID, as whoever looks for somebody writes it."""
    if is_bsuid(value):
        return Identity(bsuid=value)
    return Identity(wa_id=phone(value, default_country))


def name(value: object) -> str:
    """A person's name, on one line."""
    return " ".join(text(value, MAX_NAME_CHARS).split())


@lru_cache(maxsize=1024)
def language(value: str) -> str:
    """A BCP 47 tag, in the form Meta writes templates' languages in.

    >>> language("PT-br"), language("zh-hant-tw"), language("hi")
    ('pt_BR', 'zh_Hant_TW', 'hi')
    """
    match = _LANGUAGE.fullmatch(text(value))
    if match is None:
        raise ValueError("not a language tag such as hi or pt_BR")
    known = Locale("en")
    main, script, region = match[1].lower(), match[2], match[3]
    parts = [main]
    # Dari (prs) is one of Meta's languages that CLDR files under another name.
    good = main in known.languages or main == "prs"
    if script:
        parts.append(script.title())
        good = good and parts[-1] in known.scripts
    if region:
        parts.append(region.upper())
        good = good and parts[-1] in known.territories
    if not good:
        raise ValueError("not a known language, such as hi or pt_BR")
    return "_".join(parts)


@lru_cache(maxsize=1024)
def timezone(value: str) -> str:
    """An IANA time zone."""
    zone = text(value)
    if zone not in _zones():
        raise ValueError("not an IANA time zone such as Asia/Kolkata")
    return zone


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def segment(value: object) -> str:
    """A segment's name: one that rules and campaigns can write too."""
    found = text(value)
    if reason := name_fault(found):
        raise ValueError(reason)
    return found


def segments(value: object) -> tuple[str, ...]:
    """Segments from a list, or from a text with semicolons between them; each once."""
    parts: list[Any] = value if isinstance(value, list) else text(value, 10_000).split(";")
    found = {segment(part): None for part in parts if part != "" and not _blank(part)}
    if len(found) > MAX_SEGMENTS:
        raise ValueError(f"more than {MAX_SEGMENTS} segments")
    return tuple(found)


def _blank(part: object) -> bool:
    return isinstance(part, str) and not part.strip()


def attribute_name(value: str) -> str:
    """The name of an attribute; dots and $ would reach into MongoDB's own notation."""
    if not _ATTRIBUTE.fullmatch(text(value)):
        raise ValueError("no attribute name: 1 to 64 characters, no spaces, dots or $")
    return value


def attribute(value: object) -> Scalar:
    """A value with the type it came with: a text, a number, or true or false."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise ValueError("is too large a number")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("is not a number")
        return value
    if not isinstance(value, str):
        raise ValueError(  # noqa: TRY004  # whoever reads rows catches one kind
            "must be a text, a number, or true or false; lists and objects are not kept"
        )
    return text(value)


def typed_attribute(written: str) -> Scalar:
    """What a CSV cell means. Dates stay ISO texts: so they sort, and rules and JSON can hold them.

    >>> [typed_attribute(cell) for cell in ("12", "0091", "1.50", "TRUE", "2026-01-31", "1e5")]
    [12, '0091', 1.5, True, '2026-01-31', '1e5']
    """
    cell = text(written)
    if _INT.fullmatch(cell):
        return int(cell)
    if _FLOAT.fullmatch(cell):
        return float(cell)
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    return cell


def opted_in(value: object) -> OptIn | None:
    """Yes, no, or None where nothing is said.

    >>> opted_in("Yes"), opted_in(False), opted_in("")
    (<OptIn.YES: 'yes'>, <OptIn.NO: 'no'>, None)
    """
    if isinstance(value, bool | int):
        value = str(int(value))
    said = text(value).lower()
    if not said:
        return None
    if said not in _ANSWERS:
        raise ValueError("must be yes, no, true, false, 1, 0 or empty")
    return _ANSWERS[said]
