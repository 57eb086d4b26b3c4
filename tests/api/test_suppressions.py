"""Do not disturb, set and lifted from outside, also for somebody we do not know yet."""

from typing import Any

import pytest

from contacts import consent
from contacts.identity import Identity
from contacts.touch import new_contact
from store import contacts, mongo
from store.documents.suppression import Scope
from tests.api.conftest import Caller
from tests.clock import NOW

BILAL, BSUID = "919812345671", "IN.1349120865530275"


def test_somebody_unknown_can_be_left_alone(call: Caller, db: mongo.Db) -> None:
    answer = call("PUT", f"/suppressions/+{BILAL}", json={"scope": "all", "reason": "a letter"})

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["scope"] == "all"
    assert consent.standing_scope(db, Identity(BILAL), NOW) == Scope.ALL


def test_whoever_is_known_by_bsuid_too_is_left_alone_under_both(call: Caller, db: mongo.Db) -> None:
    contacts.insert(db, new_contact(Identity(BILAL, BSUID), "Bilal", "message", NOW))

    call("PUT", f"/suppressions/{BILAL}", json={"scope": "marketing"})

    assert consent.standing_scope(db, Identity(bsuid=BSUID), NOW) == Scope.MARKETING


def test_until_is_kept_in_utc(call: Caller) -> None:
    body = {"scope": "all", "until": "2999-01-01T05:30:00+05:30"}

    answer = call("PUT", f"/suppressions/{BILAL}", json=body)

    assert answer.json is not None
    assert answer.json["until"] == "2999-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "scope"),
        ({"scope": "everything"}, "scope"),
        ({"scope": "all", "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"scope": "all", "until": "2999-01-01T00:00:00"}, "until"),
        ({"scope": "all", "until": "soon"}, "until"),
        ({"scope": "all", "until": 5}, "until"),
        ({"scope": "all", "reason": "x" * 501}, "reason"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(
    call: Caller, db: mongo.Db, body: dict[str, Any], path: str
) -> None:
    answer = call("PUT", f"/suppressions/{BILAL}", json=body)

    assert answer.status_code == 422
    assert answer.json is not None
    assert [one["path"] for one in answer.json["errors"]] == [path]
    assert db.suppressions.count_documents({}) == 0


def test_lifting_lets_messages_through_once(call: Caller, db: mongo.Db) -> None:
    call("PUT", f"/suppressions/{BILAL}", json={"scope": "all"})

    assert call("DELETE", f"/suppressions/{BILAL}").status_code == 204
    assert consent.standing_scope(db, Identity(BILAL), NOW) is None
    assert call("DELETE", f"/suppressions/{BILAL}").status_code == 404


def test_the_list_tells_everybody_with_the_history(call: Caller) -> None:
    for phone in ("+919812345670", "+919812345671", "+919812345672"):
        call("PUT", f"/suppressions/{phone}", json={"scope": "all", "reason": "asked by letter"})
    call("DELETE", "/suppressions/+919812345671")

    first = call("GET", "/suppressions?limit=2").json
    assert first is not None
    rest = call("GET", f"/suppressions?after={first['next']}").json

    assert rest is not None
    assert rest["next"] is None
    found = {row["phone"]: row for row in [*first["suppressions"], *rest["suppressions"]]}
    assert found["919812345670"]["scope"] == "all"
    assert found["919812345671"]["scope"] is None
    assert [line["change"] for line in found["919812345671"]["history"]] == ["suppressed", "lifted"]


def test_what_stands_is_exported(call: Caller) -> None:
    call("PUT", f"/suppressions/{BILAL}", json={"scope": "all", "reason": "a letter"})

    answer = call("GET", "/suppressions/export")

    assert answer.mimetype == "text/csv"
    assert f"+{BILAL},all,,a letter,api," in answer.text
