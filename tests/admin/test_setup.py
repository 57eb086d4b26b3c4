"""A new installation lets in who has its code, once."""

from flask import Flask
from flask.testing import FlaskClient

from accounts import first
from config.settings import Settings
from store import mongo, users
from tests.admin.conftest import PASSWORD, add_user, post


def filled(settings: Settings, **fields: str) -> dict[str, str]:
    return {
        "code": first.code(settings),
        "name": "Asha",
        "new": PASSWORD,
        "again": PASSWORD,
        **fields,
    }


def test_the_login_of_a_new_installation_leads_to_set_up(stranger: FlaskClient) -> None:
    assert stranger.get("/login").location == "/set-up"


def test_who_has_the_code_is_the_first_admin_and_the_last_to_use_it(
    app: Flask, stranger: FlaskClient, settings: Settings, db: mongo.Db
) -> None:
    assert post(stranger, "/set-up", **filled(settings)).location == "/"
    assert stranger.get("/accounts").status_code == 200

    other = app.test_client()
    assert other.get("/set-up").location == "/login"
    assert [user["_id"] for user in users.every(db)] == ["Asha"]


def test_without_the_code_nobody_is_let_in(
    stranger: FlaskClient, settings: Settings, db: mongo.Db
) -> None:
    refused = post(stranger, "/set-up", **filled(settings, code="aaaa-aaaa-aaaa-aaaa-aaaa"))

    assert refused.status_code == 422
    assert "setup-code" in refused.text
    assert users.every(db) == []


def test_a_poor_password_is_refused_here_too(
    stranger: FlaskClient, settings: Settings, db: mongo.Db
) -> None:
    assert post(stranger, "/set-up", **filled(settings, new="x", again="x")).status_code == 422
    assert users.every(db) == []


def test_the_code_is_printed_as_long_as_it_opens_something(app: Flask, settings: Settings) -> None:
    run = app.test_cli_runner().invoke
    assert run(args=["users", "setup-code"]).stdout.strip() == first.code(settings)

    add_user(app, "Asha")

    assert run(args=["users", "setup-code"]).exit_code == 1
