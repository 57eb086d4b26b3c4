"""A call that is repeated with its key is done once, and answered the same."""

from datetime import timedelta

from accounts import tokens
from accounts.scopes import EVERY
from store import answered, mongo
from tests.api.conftest import Caller
from tests.clock import NOW

KEY = {"Idempotency-Key": "order-1"}
HELLO = {"type": "triggered", "message": {"text": "Hello"}}


def test_a_repeat_gets_the_first_answer_and_does_nothing(call: Caller, db: mongo.Db) -> None:
    call("PUT", "/campaigns/hello", json=HELLO)
    copy = {"campaign": "copy"}

    first = call("POST", "/campaigns/hello/duplicate", json=copy, headers=KEY)
    again = call("POST", "/campaigns/hello/duplicate", json=copy, headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    without = call("POST", "/campaigns/hello/duplicate", json=copy)
    assert without.status_code == 409


def test_a_key_is_for_one_call(call: Caller, db: mongo.Db) -> None:
    call("PUT", "/campaigns/hello", json=HELLO)
    call("POST", "/campaigns/hello/duplicate", json={"campaign": "copy"}, headers=KEY)

    other = call("POST", "/campaigns/hello/duplicate", json={"campaign": "other"}, headers=KEY)

    assert other.status_code == 422
    assert "another call" in other.text
    assert db.campaigns.count_documents({}) == 2


def test_what_failed_may_be_tried_again_with_its_key(call: Caller, db: mongo.Db) -> None:
    copy = {"campaign": "copy"}
    assert call("POST", "/campaigns/hello/duplicate", json=copy, headers=KEY).status_code == 404
    call("PUT", "/campaigns/hello", json=HELLO)

    assert call("POST", "/campaigns/hello/duplicate", json=copy, headers=KEY).status_code == 201


def test_while_the_first_is_under_way_the_second_is_told_so(db: mongo.Db) -> None:
    assert answered.begin(db, "k", "a", NOW) is None
    standing = answered.begin(db, "k", "a", NOW + timedelta(minutes=4))
    assert standing is not None
    assert standing["status"] is None
    assert answered.begin(db, "k", "a", NOW + timedelta(minutes=6)) is None


def test_a_bad_key_is_refused(call: Caller) -> None:
    for key in ("", "x" * 256, "ü"):
        answer = call("POST", "/rules/publish", json={}, headers={"Idempotency-Key": key})
        assert answer.status_code == 400
        assert "Idempotency-Key" in answer.text


def test_two_systems_may_use_the_same_key(call: Caller, db: mongo.Db) -> None:
    token = tokens.make(db, "shop", EVERY, "Asha", NOW)
    call("PUT", "/campaigns/hello", json=HELLO)
    call("POST", "/campaigns/hello/duplicate", json={"campaign": "copy"}, headers=KEY)

    shop = Caller(call.client, token)
    made = shop("POST", "/campaigns/hello/duplicate", json={"campaign": "other"}, headers=KEY)

    assert made.status_code == 201
