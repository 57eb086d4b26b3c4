"""Admins say who is told, see what was, and have it told again."""

import re

from flask.testing import FlaskClient

from store import mongo, subscriptions
from tests.admin.conftest import post
from tests.clock import NOW


def made(asha: FlaskClient) -> str:
    page = post(
        asha, "/subscriptions/add", see="/subscriptions",
        name="crm", url="https://crm.invalid/hook", event="read",
    )  # fmt: skip
    found = re.search(r'data-testid="secret">(\w+)<', page.text)
    assert found, page.text
    return found[1]


def test_the_secret_is_shown_once(asha: FlaskClient) -> None:
    secret = made(asha)

    assert secret not in asha.get("/subscriptions").text
    assert "crm.invalid" in asha.get("/subscriptions/crm").text


def test_a_post_that_is_sent_again_says_what_came_of_it(asha: FlaskClient, db: mongo.Db) -> None:
    made(asha)
    db.tellings.insert_one(
        {"subscription": "crm", "at": NOW, "since": NOW, "until": NOW, "count": 3,
         "error": "answered 500", "again": False}
    )  # fmt: skip
    page = asha.get("/subscriptions/crm").text
    assert "not taken: answered 500" in page
    button = re.search(r'action="(/subscriptions/crm/again/\w+)"', page)
    assert button

    assert post(asha, button[1], see="/subscriptions/crm").location == "/subscriptions/crm"


def test_one_is_dropped(asha: FlaskClient, db: mongo.Db) -> None:
    made(asha)
    post(asha, "/subscriptions/crm/drop", see="/subscriptions/crm")

    assert subscriptions.every(db) == []
    assert asha.get("/subscriptions/crm").status_code == 404
