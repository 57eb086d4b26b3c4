"""What stands at the end of a link of ours: which delivery's link it is, signed. Pure.

Nothing in it says whom the message went to. A short target is carried along, so that people are
forwarded while MongoDB is away; it is signed, so nobody can have us forward to where they like.
A long one would make a link that fills a screen: it is looked up in the delivery.
"""

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple

from bson import ObjectId

MOST = 64  # links of one message
CARRIED_BYTES = 64  # of a target, without its scheme
_LABEL = b"links in campaigns' messages"
_MAC_BYTES, _ID_BYTES = 8, 12
_PLACE, _CARRIES, _HTTPS = 0x3F, 0x40, 0x80
# At the very end: some phones take a trailing - or _ for punctuation, and cut it off.
_VERSION = "1"


class Named(NamedTuple):
    """place: of the link in the message, from 0. target: None where it must be looked up."""

    delivery_id: ObjectId
    place: int
    target: str | None


def key(secret: str) -> bytes:
    """The key of links, from SECRET_KEY: what is signed for something else is no link."""
    return hmac.digest(secret.encode(), _LABEL, hashlib.sha256)


def made(key_: bytes, named: Named) -> str:
    """The token: 29 letters of a URL, or up to 115 with its target.

    >>> made(b"key", Named(ObjectId("65f0c0ffee65f0c0ffee65f0"), 0, None))[-18:]
    'l8MD_7mXwwP_uZfAA1'
    """
    flags, carried = named.place, b""
    if named.target is not None:
        scheme, _, rest = named.target.partition("://")
        if len(rest.encode()) <= CARRIED_BYTES and scheme in ("http", "https"):
            carried = rest.encode()
            flags |= _CARRIES | (_HTTPS if scheme == "https" else 0)
    body = named.delivery_id.binary + bytes([flags]) + carried
    return _written(_mac(key_, body) + body)


def read(key_: bytes, token: str) -> Named | None:
    """What the token names; None where we did not make it."""
    try:
        raw = base64.urlsafe_b64decode(token[:-1].encode("ascii") + b"==")
    except (binascii.Error, ValueError):
        return None
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if len(body) <= _ID_BYTES or _written(raw) != token:
        return None
    if not hmac.compare_digest(mac, _mac(key_, body)):
        return None
    flags, target = body[_ID_BYTES], None
    if flags & _CARRIES:
        scheme = "https" if flags & _HTTPS else "http"
        target = f"{scheme}://{body[_ID_BYTES + 1 :].decode()}"
    return Named(ObjectId(body[:_ID_BYTES]), flags & _PLACE, target)


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") + _VERSION


def _mac(key_: bytes, body: bytes) -> bytes:
    return hmac.digest(key_, body, hashlib.sha256)[:_MAC_BYTES]
