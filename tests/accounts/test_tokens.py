"""A token is shown once, does what its scopes say, and ends when it is revoked."""

from datetime import timedelta

import pytest

from accounts import tokens
from accounts.scopes import Scope, UnplacedRouteError, scope_of
from accounts.tokens import ImpossibleTokenError
from store import api_tokens, mongo
from tests.clock import NOW


def test_a_token_is_kept_as_a_hash_alone(db: mongo.Db) -> None:
    token = tokens.make(db, "shop", [Scope.EVENTS_WRITE], "Asha", NOW)

    assert token.startswith("drumbeat_")
    assert token not in str(api_tokens.every(db))


def test_a_token_is_found_until_it_is_revoked(db: mongo.Db) -> None:
    token = tokens.make(db, "shop", [Scope.EVENTS_WRITE], "Asha", NOW)

    found = tokens.find(db, token, NOW)
    assert found is not None
    assert found["scopes"] == ["events:write"]

    tokens.revoke(db, "shop", NOW)
    assert tokens.find(db, token, NOW) is None
    with pytest.raises(ImpossibleTokenError):
        tokens.revoke(db, "shop", NOW)


def test_its_use_is_noted_once_a_minute(db: mongo.Db) -> None:
    token = tokens.make(db, "shop", [Scope.EVENTS_WRITE], "Asha", NOW)
    for seconds in (0, 59, 61):
        tokens.find(db, token, NOW + timedelta(seconds=seconds))

    assert api_tokens.every(db)[0]["last_used_at"] == NOW + timedelta(seconds=61)


def test_a_name_is_given_once(db: mongo.Db) -> None:
    tokens.make(db, "shop", [Scope.EVENTS_WRITE], "Asha", NOW)
    tokens.revoke(db, "shop", NOW)

    with pytest.raises(ImpossibleTokenError, match="another name"):
        tokens.make(db, "shop", [Scope.EVENTS_WRITE], "Asha", NOW)


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["rules:read"]), ("A b", ["rules:read"]), ("shop", [])]
)
def test_a_token_has_a_plain_name_and_a_scope(db: mongo.Db, name: str, scopes: list[str]) -> None:
    with pytest.raises(ImpossibleTokenError):
        tokens.make(db, name, [Scope(scope) for scope in scopes], "Asha", NOW)


def test_a_route_that_no_scope_opens_stops_the_start() -> None:
    with pytest.raises(UnplacedRouteError, match=r"accounts/scopes\.py"):
        scope_of("GET", "/never-heard-of/{name}")
