"""Somebody is found by their number, which no address ever holds."""

import pytest
from flask.testing import FlaskClient

from store import mongo
from tests.admin.conftest import post
from tests.makers import ASHA, make_contact

BSUID = "IN.13491208655302741918"


@pytest.mark.parametrize("written", [f"+{ASHA}", "098123 45670", " 98123-45670 ", BSUID])
def test_a_person_is_found_however_the_number_is_written(
    asha: FlaskClient, db: mongo.Db, written: str
) -> None:
    person = make_contact(db, ASHA, bsuid=BSUID)

    answer = post(asha, "/contacts/find", see="/contacts", who=written)

    assert answer.location == f"/contacts/{person['_id']}"


@pytest.mark.parametrize(("written", "said"), [("12", "The number"), ("+6591234567", "Nobody")])
def test_who_is_not_found_is_said(asha: FlaskClient, written: str, said: str) -> None:
    assert post(asha, "/contacts/find", see="/contacts", who=written).location == "/contacts"

    assert said in asha.get("/contacts").text
