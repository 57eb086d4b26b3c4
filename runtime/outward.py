"""Ask an address that somebody configured, and no other: never into our own network.

The name is resolved once, every address it stands for is looked at, and one of those is connected
to: a name that answers differently the second time leads nowhere else. Of what answers a POST only
the status is read, and nothing is followed. Private addresses are for those who say so
(NOTIFY_PRIVATE).
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from urllib.parse import SplitResult, urljoin, urlsplit

DEADLINE_S = 10.0
_STATUS_BYTES = 1024
_PIECE_BYTES = 64 * 1024
_REDIRECTS = 3


class UnreachableError(Exception):
    """Nothing was answered, or nothing was asked. Its words name no address and no content."""


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    private: bool = False,
    deadline_s: float = DEADLINE_S,
) -> int:
    """POST `body`; the answer's status. Raises UnreachableError; nothing is tried again here."""
    ends = time.monotonic() + deadline_s
    parts = urlsplit(url)
    try:
        with _connected(parts, private, ends) as connection:
            connection.sendall(_request(parts, body, headers))
            return _status(connection, ends)
    except ssl.SSLError as error:
        raise UnreachableError(f"no secure connection: {error.reason or 'TLS failed'}") from None
    except OSError as error:
        raise UnreachableError(error.strerror or "no answer in time") from None


def fetch(
    url: str, *, most_bytes: int, private: bool = False, deadline_s: float = DEADLINE_S
) -> tuple[bytes, str]:
    """GET a file: (its bytes, its media type without parameters).

    A few redirects are followed, each looked at as the first address was. Raises UnreachableError
    where it is larger than `most_bytes`, or anything else than 200 is answered.
    """
    ends = time.monotonic() + deadline_s
    for _ in range(_REDIRECTS + 1):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UnreachableError("is no web address")
        try:
            with _connected(parts, private, ends) as connection:
                found = _got(connection, parts, most_bytes, ends)
        except ssl.SSLError as error:
            raise UnreachableError(
                f"no secure connection: {error.reason or 'TLS failed'}"
            ) from None
        except (OSError, HTTPException) as error:
            raise UnreachableError(getattr(error, "strerror", None) or "no whole answer") from None
        if isinstance(found, tuple):
            return found
        url = urljoin(url, found)
    raise UnreachableError("leads from one address to another")


def _got(
    connection: socket.socket, parts: SplitResult, most_bytes: int, ends: float
) -> tuple[bytes, str] | str:
    """The file, or where it is said to be."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "Accept: */*", "Connection: close"]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = HTTPResponse(connection, method="GET")
    answer.begin()
    if answer.status in (301, 302, 303, 307, 308):
        return answer.headers.get("Location", "")
    if answer.status != HTTPStatus.OK:
        raise UnreachableError(f"answers {answer.status}")
    content = bytearray()
    while piece := answer.read(_PIECE_BYTES):
        connection.settimeout(_left(ends))
        content += piece
        if len(content) > most_bytes:
            raise UnreachableError(f"is larger than {most_bytes >> 20} MiB")
    return bytes(content), answer.headers.get_content_type()


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet.

    >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("::ffff:192.168.0.1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner:
            return ip.is_global and inner.is_global
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF).is_global
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _connected(parts: SplitResult, private: bool, ends: float) -> socket.socket:
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    found = socket.getaddrinfo(host, parts.port or (443 if secure else 80), type=socket.SOCK_STREAM)
    if not private and not all(is_public(str(place[4][0])) for place in found):
        raise UnreachableError("leads into a private network, which NOTIFY_PRIVATE does not allow")
    last: OSError = OSError("no address")
    for family, kind, protocol, _, place in found:
        plain = socket.socket(family, kind, protocol)
        try:
            plain.settimeout(_left(ends))
            plain.connect(place)
            if not secure:
                return plain
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except OSError as error:
            plain.close()
            last = error
    raise last


def _request(parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _status(connection: socket.socket, ends: float) -> int:
    heard = b""
    while b"\r\n" not in heard and len(heard) < _STATUS_BYTES:
        connection.settimeout(_left(ends))
        more = connection.recv(_STATUS_BYTES)
        if not more:
            break
        heard += more
    words = heard.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise UnreachableError("what answered speaks no HTTP")
    return int(words[1])


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
