"""What a token of the API may do: to read or to change one part of it. Pure.

The part is the first word of the address, so a new route below a known word needs nothing; a new
word must be told here, or the application does not start.
"""

from enum import StrEnum

READS = frozenset({"GET"})


class Scope(StrEnum):
    """One thing a token may do. To change does not include to read."""

    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    EVENTS_WRITE = "events:write"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_WRITE = "operations:write"


EVERY = frozenset(Scope)
# What is written down as a change; an event is kept as an event.
WRITES = frozenset(scope for scope in Scope if scope.value.endswith(":write"))
CHANGES = WRITES - {Scope.EVENTS_WRITE}

# {first word of the path below /api/v1: (scope to read, scope to change)}
PARTS: dict[str, tuple[Scope, Scope]] = {
    "contacts": (Scope.CONTACTS_READ, Scope.CONTACTS_WRITE),
    "segments": (Scope.CONTACTS_READ, Scope.CONTACTS_WRITE),
    "attributes": (Scope.CONTACTS_READ, Scope.CONTACTS_WRITE),
    "imports": (Scope.CONTACTS_READ, Scope.CONTACTS_WRITE),
    "suppressions": (Scope.CONTACTS_READ, Scope.CONTACTS_WRITE),
    "campaigns": (Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE),
    "templates": (Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE),
    "rules": (Scope.RULES_READ, Scope.RULES_WRITE),
    "events": (Scope.OPERATIONS_READ, Scope.EVENTS_WRITE),
    "subscriptions": (Scope.OPERATIONS_READ, Scope.OPERATIONS_WRITE),
    "dead-letters": (Scope.OPERATIONS_READ, Scope.OPERATIONS_WRITE),
}
# What anybody may ask who has a token at all.
COMMON = frozenset({"docs", "openapi.json"})


class UnplacedRouteError(Exception):
    """A route that no scope opens: nobody could call it, and nobody would be kept from it."""


def scope_of(method: str, path: str) -> Scope | None:
    """What a token needs for a route; None where any token does. Raises UnplacedRouteError.

    >>> scope_of("POST", "/campaigns/{name}/start")
    <Scope.CAMPAIGNS_WRITE: 'campaigns:write'>
    """
    part = path.split("/")[1]
    if part in COMMON:
        return None
    if part not in PARTS:
        raise UnplacedRouteError(
            f"{method} {path}: no scope opens it. Add {part!r} to PARTS in accounts/scopes.py "
            "(or give the route a scope of its own: @route(…, scope=Scope.…))."
        )
    read, write = PARTS[part]
    return read if method in READS else write
