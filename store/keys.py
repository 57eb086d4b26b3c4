"""Write any text as one key of a MongoDB document, and read it back. Pure.

A dot would start a nested document, `$` an operator, NUL ends a key, an empty key ends a path in
nothing, and BSON holds no lone surrogates. Such letters are percent-encoded.
"""

import re

_RISKY = re.compile("[%.$\0\ud800-\udfff]")
_ENCODED = re.compile("%u([0-9A-F]{4})|%([0-9A-F]{2})")
_EMPTY = "%"  # no other text is written so: a percent sign becomes %25


def safe(text: str) -> str:
    """The key for `text`; different texts have different keys.

    >>> safe("v1.2 $5")
    'v1%2E2 %245'
    """
    return _RISKY.sub(_encode, text) or _EMPTY


def unsafe(key: str) -> str:
    """The text that `safe` made `key` of.

    >>> unsafe("v1%2E2 %245")
    'v1.2 $5'
    """
    if key == _EMPTY:
        return ""
    return _ENCODED.sub(lambda match: chr(int(match[1] or match[2], 16)), key)


def _encode(match: re.Match[str]) -> str:
    letter = ord(match[0])
    return f"%{letter:02X}" if letter < 0x80 else f"%u{letter:04X}"
