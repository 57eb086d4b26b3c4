"""How a person's ids stand in texts of Meta's that are kept under nobody's name. Pure.

As they are; in the older form that some countries' numbers have; and within a wamid, which carries
the phone number in base64.
"""

import base64
import re
from collections.abc import Iterable

from contacts.identity import forms

_WAMID = re.compile(r"wamid\.[A-Za-z0-9+/=_-]+")
# What depends on the unknown bytes before: a third of a byte begins in the letter before it.
_SKIPPED = (0, 2, 3)


def of(wa_ids: Iterable[str], bsuids: Iterable[str]) -> list[bytes]:
    """Every way in which these ids may be written, for a search."""
    ids = [form for wa_id in wa_ids for form in forms(wa_id)] + list(bsuids)
    return [found for one in ids for found in (one.encode(), *_in_base64(one.encode()))]


def _in_base64(text: bytes) -> Iterable[bytes]:
    """The letters that `text` makes in base64, at each of the three places where it may begin."""
    for before, skipped in enumerate(_SKIPPED):
        letters = base64.b64encode(bytes(before) + text)
        yield letters[skipped : (before + len(text)) * 8 // 6]


def wamids_in(text: str) -> set[str]:
    """The wamids that a text names.

    >>> sorted(wamids_in('{"id":"wamid.HBg=","context":{"id":"wamid.A"}}'))
    ['wamid.A', 'wamid.HBg=']
    """
    return set(_WAMID.findall(text))
