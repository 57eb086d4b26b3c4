"""Admins let people and systems in on pages, and see who changed what."""

import re

from flask import Flask
from flask.testing import FlaskClient

from accounts import tokens
from store import audit as trail
from store import mongo, users
from tests.admin.conftest import PASSWORD, post
from tests.clock import NOW


def made(app: Flask, asha: FlaskClient, name: str, role: str) -> FlaskClient:
    """A browser of somebody whom Asha let in on the page."""
    page = post(asha, "/accounts/invite", see="/accounts", name=name, role=role)
    once = re.search(r'data-testid="one-time">([^<]+)<', page.text)
    assert once, page.text
    client = app.test_client()
    post(client, "/login", name=name, password=once[1])
    post(client, "/password", new=PASSWORD, again=PASSWORD)
    return client


def test_somebody_who_was_let_in_sees_what_the_role_shows(app: Flask, asha: FlaskClient) -> None:
    chen = made(app, asha, "Chen", "viewer")

    assert chen.get("/").status_code == 200
    assert "Accounts" not in chen.get("/").text
    refused = chen.get("/accounts")
    assert refused.status_code == 403
    assert "takes <strong>admin" in refused.text


def test_a_role_is_felt_with_the_next_click(app: Flask, asha: FlaskClient) -> None:
    chen = made(app, asha, "Chen", "viewer")
    post(asha, "/accounts/Chen/role", see="/accounts", role="admin")

    assert chen.get("/accounts").status_code == 200


def test_who_is_shut_out_is_out_at_once_and_comes_back_by_the_same_password(
    app: Flask, asha: FlaskClient
) -> None:
    chen = made(app, asha, "Chen", "marketer")

    post(asha, "/accounts/Chen/shut", see="/accounts")
    assert chen.get("/").location.startswith("/login")
    assert post(app.test_client(), "/login", name="Chen", password=PASSWORD).status_code == 401

    post(asha, "/accounts/Chen/reopen", see="/accounts")
    assert post(app.test_client(), "/login", name="Chen", password=PASSWORD).status_code == 302


def test_sessions_are_ended_from_outside(app: Flask, asha: FlaskClient) -> None:
    chen = made(app, asha, "Chen", "marketer")
    post(asha, "/accounts/Chen/end-sessions", see="/accounts")

    assert chen.get("/").location.startswith("/login")


def test_the_last_admin_is_told_why_not(asha: FlaskClient, db: mongo.Db) -> None:
    post(asha, "/accounts/Asha/shut", see="/accounts")

    assert "last admin" in asha.get("/accounts").text
    user = users.find(db, "Asha")
    assert user is not None
    assert not user.get("disabled_at")
    assert [row["action"] for row in trail.page(db, 9)][:1] == ["password"]


def test_a_token_is_shown_once_and_revoked(asha: FlaskClient, db: mongo.Db) -> None:
    page = post(asha, "/systems/add", see="/systems", name="shop", scope="events:write")
    shown = re.search(r'data-testid="token">([^<]+)<', page.text)
    assert shown
    assert shown[1] not in asha.get("/systems").text
    assert tokens.find(db, shown[1], NOW)

    post(asha, "/systems/shop/revoke", see="/systems")
    assert tokens.find(db, shown[1], NOW) is None


def test_changes_tell_who_what_and_to_whom(app: Flask, asha: FlaskClient, db: mongo.Db) -> None:
    made(app, asha, "Chen", "viewer")
    post(asha, "/accounts/Chen/role", see="/accounts", role="marketer")

    text = asha.get("/changes").text

    assert re.search(r"Asha.*set role · Chen · role marketer", text, re.DOTALL)
    assert "Chen" in asha.get("/changes?by=Chen").text
    assert asha.get("/changes?before=nonsense").status_code == 200


def test_the_trail_goes_on_over_pages(asha: FlaskClient, db: mongo.Db) -> None:
    for _ in range(60):
        db.audit.insert_one(
            {"at": NOW, "by": "Chen", "action": "pause", "subject": {}, "noted": {}}
        )
    older = re.search(r'href="(/changes\?before=\w+)"', asha.get("/changes").text)
    assert older
    assert 'data-testid="change"' in asha.get(older[1]).text
