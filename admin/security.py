"""What every answer tells the browser to refuse, and which places a login may lead to.

Source: https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP
"""

from urllib.parse import urlsplit

from flask import Response

# Scripts and styles come from files of ours alone. Bootstrap's style sheet draws its icons from
# data: images.
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: over HTTPS the CSRF check asks where a form came from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def add_headers(response: Response) -> Response:
    """Put HEADERS on a response; one that a page has set itself stays."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def unless_cacheable(response: Response) -> Response:
    """Keep pages out of every cache; a file that is public says by itself how long it may stay."""
    if not response.cache_control.public and not response.headers.get("ETag"):
        response.headers["Cache-Control"] = "no-store"
    return response


def safe_next(target: str | None) -> str | None:
    """`target` if it is a path on this site, None otherwise.

    Browsers take `//host` and `/\\host` for another site, and drop tabs and line ends within.

    >>> safe_next("/campaigns/diwali_offer?page=2")
    '/campaigns/diwali_offer?page=2'
    >>> safe_next("//evil.example") is None
    True
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(ord(letter) <= 0x20 or ord(letter) == 0x7F for letter in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target
