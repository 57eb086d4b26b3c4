"""Who is in a drip, through the API."""

from typing import Any

import pytest

from campaigns import life, service
from store import mongo
from tests.api.conftest import Caller
from tests.clock import NOW
from tests.makers import ASHA, BILAL, CHEN, make_contact


@pytest.fixture
def welcome(db: mongo.Db) -> None:
    steps: list[dict[str, Any]] = [{"message": {"text": "hello"}}]
    document = {"type": "drip", "steps": [*steps, {"after": "1 day", **steps[0]}]}
    service.define(db, "welcome", document, "test", NOW)
    life.start(db, "welcome", "test", NOW)
    make_contact(db, ASHA)
    make_contact(db, BILAL)


def test_people_are_put_in_listed_and_taken_out(call: Caller, welcome: None) -> None:
    asked = {"phones": [f"+{ASHA}", f"+{CHEN}", f"+{BILAL}"], "id": "r-1"}
    answer = call("POST", "/campaigns/welcome/enrolments", json=asked)
    assert answer.json == {
        "enrolled": 2,
        "left_out": [
            {"place": 1, "reason": "nobody is known by it; import them, or have them write first"}
        ],
    }
    again = call("POST", "/campaigns/welcome/enrolments", json=asked).json
    assert again is not None
    assert again["enrolled"] == 0

    page = call("GET", "/campaigns/welcome/enrolments?limit=1").json
    assert page is not None
    assert page["enrolments"][0]["phone"] == f"+{ASHA}"
    rest = call("GET", f"/campaigns/welcome/enrolments?limit=5&after={page['next']}").json
    assert rest is not None
    assert [one["phone"] for one in rest["enrolments"]] == [f"+{BILAL}"]
    assert rest["next"] is None

    gone = call("DELETE", f"/campaigns/welcome/enrolments/+{ASHA}")
    assert gone.json == {"withdrawn": True}
    assert call("DELETE", f"/campaigns/welcome/enrolments/+{ASHA}").json == {"withdrawn": False}


def test_people_are_moved_to_the_newest_version(call: Caller, welcome: None, db: mongo.Db) -> None:
    call("POST", "/campaigns/welcome/enrolments", json={"phones": [f"+{ASHA}"]})
    service.define(
        db, "welcome", {"type": "drip", "steps": [{"message": {"text": "hi"}}]}, "test", NOW
    )

    assert call("POST", "/campaigns/welcome/move").json == {"moved": 1}


def test_what_cannot_be_done_says_why(call: Caller, welcome: None, db: mongo.Db) -> None:
    assert call("GET", "/campaigns/none/enrolments").status_code == 404
    assert call("POST", "/campaigns/none/move").status_code == 404
    assert call("GET", "/campaigns/welcome/enrolments?after=x").status_code == 400
    assert call("DELETE", f"/campaigns/welcome/enrolments/+{CHEN}").status_code == 409
    life.pause(db, "welcome", "test", NOW)
    told = call("POST", "/campaigns/welcome/enrolments", json={"phones": [f"+{ASHA}"]})
    assert told.status_code == 409
    assert told.json is not None
    assert "is paused" in told.json["detail"]
