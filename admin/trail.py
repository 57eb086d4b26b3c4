"""After each change that a page made: write down who made it."""

from datetime import UTC, datetime

from flask import Response, request, session

from accounts import audit
from admin import roles, sessions

_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_UNTOLD = roles.ASKING | {"logout", "login"}


def begin() -> None:
    """Before the page."""
    audit.begin()


def tell(response: Response) -> Response:
    """After it: what was refused, by a status or by a warning on the next page, is no change."""
    name = (request.endpoint or "").removeprefix("admin.")
    refused = response.status_code >= 400 or any(
        tone == "warning" for tone, _ in session.get("_flashes", [])
    )
    if request.method not in _CHANGES or name in _UNTOLD or refused:
        return response
    somebody, rt = sessions.current(), sessions.runtime()
    if somebody is not None:
        audit.record(
            rt.db,
            rt.settings,
            by=somebody.name,
            action=name,
            subject=request.view_args or {},
            now=datetime.now(UTC),
        )
    return response
