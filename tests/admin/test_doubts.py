"""What nobody knows is decided by hand, once, unless Meta's word comes first."""

import re

import pytest
from flask.testing import FlaskClient

from reports import verify
from store import loops, mongo
from store.documents.delivery import DeliveryStatus
from tests import clock
from tests.admin.conftest import post
from tests.reports import rows


@pytest.mark.parametrize(("decision", "becomes"), [("again", "pending"), ("give-up", "failed")])
def test_somebody_decides_what_became_of_it(
    asha: FlaskClient, db: mongo.Db, decision: str, becomes: str
) -> None:
    rows.campaign(db)
    bilal = rows.contact(db, "919812345671", "Bilal")
    doubted = rows.brought(db, rows.run(db), DeliveryStatus.UNKNOWN, bilal["_id"])
    assert "1 message is in doubt" in re.sub(r"<[^>]+>", "", asha.get("/").text)
    page = asha.get("/doubts").text
    assert page.count('data-testid="doubt"') == 1
    assert "Bilal" in page
    path = f"/doubts/{doubted['_id']}/{decision}"
    token_page = "/doubts"

    post(asha, path, see=token_page)

    row = db.deliveries.find_one({"_id": doubted["_id"]})
    assert row is not None
    assert row["status"] == becomes
    assert "Nothing is in doubt" in asha.get("/doubts").text
    assert verify.problems(db) == []


def test_nothing_is_in_doubt_at_first(asha: FlaskClient) -> None:
    assert "Nothing is in doubt" in asha.get("/doubts").text


def test_a_decision_about_nothing_is_none(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db)
    read = rows.brought(db, rows.run(db), DeliveryStatus.READ)
    rows.brought(db, rows.run(db, number=2), DeliveryStatus.UNKNOWN)

    post(asha, f"/doubts/{read['_id']}/again", see="/doubts")
    answer = post(asha, "/doubts/none/again", see="/doubts")

    assert answer.status_code == 404
    row = db.deliveries.find_one({"_id": read["_id"]})
    assert row is not None
    assert row["status"] == "read"


def test_whom_answers_were_cut_for_is_on_the_page(asha: FlaskClient, db: mongo.Db) -> None:
    assert "Loops" not in asha.get("/doubts").text
    bilal = rows.contact(db, "919812345671", "Bilal")
    loops.note(db, [bilal["_id"], bilal["_id"]], clock.NOW)

    home = re.sub(r"<[^>]+>", "", asha.get("/").text)
    page = asha.get("/doubts").text

    assert "Answers to 1 person were cut" in home
    assert page.count('data-testid="loop"') == 1
    assert "2 answers not sent" in page
    assert "Bilal" in page
