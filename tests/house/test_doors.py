"""Every address is shut to strangers and to those whose role or scope is too small.

The whole application's URL map is walked, so a new route cannot be forgotten; where one was, the
test says which file wants to know of it.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from accounts import tokens
from accounts.scopes import EVERY, Scope
from admin import roles, sessions, sign_in
from api.routing import OPEN as OPEN_API
from api.routing import ROUTES
from app import create_app
from config.settings import Settings
from store import mongo, redis, users
from store.documents.user import Role

# Addresses that ask nobody who they are, and why that is right.
OPEN = {
    "webhooks.": "Meta signs what it sends",
    "shops.": "a shop signs what it sends",
    "links.": "people tap what is in their messages; each link is signed",
    "ops.": "health and figures, which tell of nobody",
    "bootstrap.static": "style sheets that anybody may install",
    **dict.fromkeys(OPEN_API, "what it says stands in the source"),
    **dict.fromkeys(roles.OPEN, "the way in, and its style sheet"),
}
BELOW = {Role.MARKETER: Role.VIEWER, Role.ADMIN: Role.MARKETER}
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def app(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> Iterator[Flask]:
    """The whole application, over plain HTTP as the test client speaks it."""
    made = create_app(settings.model_copy(update={"session_cookie_secure": False}))
    yield made
    rt = made.extensions["drumbeat"]
    rt.db.client.close()
    rt.redis.close()


def calls(app: Flask, prefix: str) -> Iterator[tuple[Rule, str, str]]:
    """(rule, method, a path that it takes) of every rule below a blueprint."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(prefix) and rule.endpoint not in OPEN:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, filled(rule.rule)


def filled(path: str) -> str:
    """A path with something in each of its gaps.

    >>> filled("/campaigns/<name>/<any(start, 'retry-failed'):step>")
    '/campaigns/x/start'
    """
    path = re.sub(r"<any\('?([\w-]+)[^>]*>", r"\1", path)
    return re.sub(r"<int:[^>]*>", "1", re.sub(r"<(?!int:)[^>]*>", "x", path))


def signed_in(app: Flask, role: Role) -> FlaskClient:
    """A browser that somebody of this role is signed in with."""
    db, now = app.extensions["drumbeat"].db, datetime.now(UTC)
    name = f"Asha.{role}.{secrets.token_hex(3)}"
    users.put_one_time(db, name, "none", now, role)
    users.change(db, name, {"password_hash": "none", "one_time_hash": None})
    somebody = sessions.Admin(name, sign_in.open_session(db, name, now), role, must_choose=False)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = somebody.get_id(), True
    return client


def test_every_address_belongs_to_somebody_who_guards_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        guarded = rule.endpoint.startswith(("admin.", "api.")) or any(
            rule.endpoint.startswith(known) for known in OPEN
        )
        assert guarded, (
            f"{rule.rule} ({rule.endpoint}) is open to the world. If that is meant, say why in "
            "OPEN in tests/house/test_doors.py; else register it on the blueprint of admin or api."
        )


def test_of_the_api_only_the_description_to_read_is_open() -> None:
    assert {"api.get_docs"} == OPEN_API, "say why here before you open a route to the world"


def test_every_page_has_a_role(app: Flask) -> None:
    pages = {
        rule.endpoint.removeprefix("admin.")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.") and rule.endpoint not in roles.OPEN
    }
    listed = roles.ANYBODY | roles.VIEWERS | roles.MARKETERS | roles.ADMINS

    assert not pages - listed, (
        f"admin/roles.py does not say who may open {sorted(pages - listed)}: add each to VIEWERS "
        "(looks), MARKETERS (changes what marketers change) or ADMINS. Until then it is an admin's."
    )
    assert not listed - pages, f"admin/roles.py names {sorted(listed - pages)}, which are no pages"
    twice = [roles.VIEWERS & roles.MARKETERS, roles.MARKETERS & roles.ADMINS]
    assert not any(twice), "one page, one role"


def test_no_page_opens_to_a_stranger(app: Flask) -> None:
    stranger, asked = app.test_client(), 0
    for _, method, path in calls(app, "admin."):
        answer = stranger.open(path, method=method)
        assert answer.status_code == HTTPStatus.FOUND, f"{method} {path} answers a stranger"
        assert answer.location.split("?")[0] == "/login", path
        asked += 1
    assert asked >= 20


def test_no_page_opens_to_a_smaller_role(app: Flask) -> None:
    browsers = {role: signed_in(app, role) for role in BELOW.values()}
    assert browsers[Role.VIEWER].get("/").status_code == HTTPStatus.OK
    for rule, method, path in calls(app, "admin."):
        needs = roles.needed(rule.endpoint)
        if needs in BELOW:
            answer = browsers[BELOW[needs]].open(path, method=method)
            assert answer.status_code == HTTPStatus.FORBIDDEN, (
                f"{method} {path} is for {needs}s, and opens to a {BELOW[needs]}: the guard of the "
                "blueprint (admin/access.py) must stand before it"
            )


def test_what_changes_something_takes_more_than_a_viewer(app: Flask) -> None:
    """But for what only asks, and one's own account."""
    harmless = roles.ANYBODY | roles.ASKING
    for rule, method, path in calls(app, "admin."):
        if method in CHANGES and rule.endpoint.removeprefix("admin.") not in harmless:
            assert roles.needed(rule.endpoint) != Role.VIEWER, (
                f"{method} {path} changes something: move {rule.endpoint} out of VIEWERS in "
                "admin/roles.py, or where it only asks, name it in ASKING too"
            )


def test_no_route_of_the_api_opens_without_a_good_token(app: Flask) -> None:
    client = app.test_client()
    db, now = app.extensions["drumbeat"].db, datetime.now(UTC)
    revoked = tokens.make(db, "old", EVERY, "Asha", now)
    tokens.revoke(db, "old", now)
    for _, method, path in calls(app, "api."):
        for given in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {revoked}"}):
            answer = client.open(path, method=method, headers=given)
            assert answer.status_code == HTTPStatus.UNAUTHORIZED, f"{method} {path}"


def test_no_route_of_the_api_opens_to_a_token_without_its_scope(app: Flask) -> None:
    client, asked = app.test_client(), 0
    db, now = app.extensions["drumbeat"].db, datetime.now(UTC)
    needed = {f"api.{route.name}": route.scope for route in ROUTES}
    without: dict[Scope, str] = {
        scope: tokens.make(db, f"all.but.{i}", EVERY - {scope}, "Asha", now)
        for i, scope in enumerate(Scope)
    }
    for rule, method, path in calls(app, "api."):
        assert rule.endpoint in needed, (
            f"{method} {path} is not in the table of routes: register it with @route "
            "(api/routing.py), which gives it a scope and a description"
        )
        scope = needed[rule.endpoint]
        if scope is not None:
            bearer = {"Authorization": f"Bearer {without[scope]}"}
            answer = client.open(path, method=method, headers=bearer)
            assert answer.status_code == HTTPStatus.FORBIDDEN, f"{method} {path} without {scope}"
            asked += 1
    assert asked >= 30
