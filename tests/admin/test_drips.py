"""A person's page puts them into a drip, and takes them out."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaigns import life, service
from store import mongo
from store.documents.contact import Contact
from tests.admin.conftest import post
from tests.clock import NOW
from tests.makers import CHEN, make_contact


@pytest.fixture
def chen(db: mongo.Db) -> Contact:
    document = {"type": "drip", "steps": [{"after": "1 day", "message": {"text": "hello"}}]}
    service.define(db, "welcome", document, "test", NOW)
    life.start(db, "welcome", "test", NOW)
    return make_contact(db, CHEN)


def test_somebody_is_put_in_and_taken_out(asha: FlaskClient, chen: Contact, db: mongo.Db) -> None:
    page = f"/contacts/{chen['_id']}"

    post(asha, f"{page}/enrol", page, campaign="welcome")
    shown = asha.get(page).text
    assert "Enrolled in welcome: active, step 1 due" in shown
    assert "By Asha, version 1" in shown
    assert 'data-testid="withdraw-welcome"' in shown

    post(asha, f"{page}/enrol", page, campaign="welcome")
    assert "Not enrolled: is in welcome already." in asha.get(page).text
    post(asha, f"{page}/withdraw/welcome", page)
    assert "Withdrawn from welcome." in asha.get(page).text
    post(asha, f"{page}/withdraw/welcome", page)
    assert "They are not in welcome any more." in asha.get(page).text


def test_only_a_drip_that_goes_on_can_be_chosen(asha: FlaskClient, chen: Contact) -> None:
    page = f"/contacts/{chen['_id']}"

    post(asha, f"{page}/enrol", page, campaign="other")

    assert "Choose a drip that is going on." in asha.get(page).text


def test_nobody_unknown_is_put_in(asha: FlaskClient, chen: Contact, app: Flask) -> None:
    page = f"/contacts/{chen['_id']}"

    assert post(asha, "/contacts/nobody/enrol", page, campaign="welcome").status_code == 404
    gone = "0" * 24
    assert post(asha, f"/contacts/{gone}/enrol", page, campaign="welcome").status_code == 404
