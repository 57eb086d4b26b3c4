"""`flask users add` lets somebody in once, and nobody by mistake."""

import pytest
from flask import Flask

from store import mongo, users
from tests.admin.conftest import PASSWORD, add_user, post, signed_in


def test_a_new_user_gets_a_password_that_is_stored_as_a_hash(app: Flask, db: mongo.Db) -> None:
    once = add_user(app, "Asha")

    user = users.find(db, "Asha")
    assert user is not None
    assert (user["one_time_hash"] or "").startswith("$argon2id$")
    assert once not in str(user)


def test_somebody_who_never_chose_may_be_added_again(app: Flask) -> None:
    first = add_user(app, "Asha")
    second = add_user(app, "Asha")

    client = app.test_client()
    assert post(client, "/login", name="Asha", password=first).status_code == 401
    assert post(client, "/login", name="Asha", password=second).status_code == 302


def test_an_account_in_use_is_only_reset_on_purpose(app: Flask) -> None:
    asha = signed_in(app, "Asha")

    refused = app.test_cli_runner().invoke(args=["users", "add", "Asha"])
    assert refused.exit_code == 1
    assert "--reset" in refused.stderr
    assert asha.get("/").status_code == 200

    once = add_user(app, "Asha", "--reset")
    assert asha.get("/").location.startswith("/login")
    assert post(asha, "/login", name="Asha", password=PASSWORD).status_code == 401
    assert post(asha, "/login", name="Asha", password=once).location == "/"


@pytest.mark.parametrize("name", ["", "two words", "a" * 65, "<b>", "a:b"])
def test_a_name_is_a_plain_one(app: Flask, db: mongo.Db, name: str) -> None:
    refused = app.test_cli_runner().invoke(args=["users", "add", name])

    assert refused.exit_code == 1
    assert db.users.count_documents({}) == 0
