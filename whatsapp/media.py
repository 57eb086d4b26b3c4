"""A file that somebody sent us, fetched from Meta a piece at a time.

Meta keeps what people send for a few days and gives it to nobody without our token, so a browser
cannot ask for it itself. Source:
https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#download-media
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

_PIECE = 64 * 1024
# Where Meta's addresses of files lead. Our token goes nowhere else, whatever an answer says.
_METAS = (".fbsbx.com", ".facebook.com", ".whatsapp.net", ".fbcdn.net")


class NoMediaError(Exception):
    """The file is not to be had; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Media:
    """media_type: such as `image/jpeg`. pieces: read once; raises NoMediaError where it breaks."""

    media_type: str
    size_bytes: int
    pieces: Iterator[bytes]


def opened(
    session: requests.Session,
    root: str,
    told: dict[str, Any],
    most_bytes: int,
    timeout: tuple[float, float],
) -> Media:
    """Begin to fetch the file that Meta `told` of. Raises NoMediaError.

    root: of the Graph API, whose own host is trusted as Meta's are. session: carries our token.
    """
    url, size = told.get("url"), told.get("file_size")
    if not isinstance(url, str) or not is_metas(url, root):
        raise NoMediaError("Meta named no address of its own for this file.")
    size = int(size) if isinstance(size, int | str) and str(size).isdecimal() else 0
    if size > most_bytes:
        raise NoMediaError(f"The file is larger than the {most_bytes // 2**20} MB shown here.")
    try:
        answer = session.get(url, stream=True, timeout=timeout, allow_redirects=False)
    except requests.exceptions.RequestException as error:
        raise NoMediaError(f"The file could not be fetched ({type(error).__name__}).") from None
    if answer.status_code != requests.codes.ok:
        answer.close()
        raise NoMediaError(f"Meta answered {answer.status_code} for this file.")
    kind = str(told.get("mime_type") or answer.headers.get("Content-Type") or "")
    return Media(kind.split(";")[0].strip().lower(), size, _pieces(answer, most_bytes))


def is_metas(url: str, root: str) -> bool:
    """Whether our token may be sent there. Pure.

    >>> is_metas("https://lookaside.fbsbx.com/x", "https://graph.facebook.com/v25.0")
    True
    >>> is_metas("https://fbsbx.com.evil.example/x", "https://graph.facebook.com/v25.0")
    False
    """
    try:
        there, ours = urlsplit(url), urlsplit(root)
        same = (there.scheme, there.hostname, there.port) == (ours.scheme, ours.hostname, ours.port)
    except ValueError:
        return False
    host = there.hostname or ""
    return same or (there.scheme == "https" and there.port is None and host.endswith(_METAS))


def _pieces(answer: requests.Response, most_bytes: int) -> Iterator[bytes]:
    """The bytes as they come, and never more than `most_bytes`, whatever size was told."""
    left = most_bytes
    try:
        for piece in answer.iter_content(_PIECE):
            left -= len(piece)
            if left < 0:
                raise NoMediaError("The file is larger than Meta said.")
            yield piece
    except requests.exceptions.RequestException as error:
        raise NoMediaError(f"The file broke off ({type(error).__name__}).") from None
    finally:
        answer.close()
