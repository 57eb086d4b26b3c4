"""Other systems see what was set aside, and decide on it."""

from store import inbox, mongo
from tests.api.conftest import Caller
from tests.clock import NOW
from tests.ops.test_dead_letters_cli import letter
from webhooks.rows import of_body


def test_they_are_listed_without_what_they_say(call: Caller, db: mongo.Db) -> None:
    inbox.journal(db, [letter(1), letter(2)])

    listed = call("GET", "/dead-letters?limit=1")

    assert listed.json is not None
    (one,) = listed.json["dead_letters"]
    assert one["kind"] == "message"
    assert one["tries"] == 3
    assert "price" not in listed.text
    assert "wamid" not in listed.text


def test_one_is_seen_and_put_back(call: Caller, db: mongo.Db) -> None:
    inbox.journal(db, [letter()])
    (one,) = call("GET", "/dead-letters").json["dead_letters"]  # type: ignore[index]  # a JSON body
    path = f"/dead-letters/{one['id']}"

    shown = call("GET", path)
    assert shown.json is not None
    assert shown.json["content"] == letter()["payload"]
    assert call("POST", f"{path}/retry").json == {"retried": 1}

    row = db.inbox.find_one({})
    assert row is not None
    assert row["put_back"][0]["by"] == "api"
    assert call("POST", f"{path}/retry").status_code == 404


def test_all_are_put_back(call: Caller, db: mongo.Db) -> None:
    inbox.journal(db, [letter(1), letter(2), *of_body(b"no json", NOW)])

    assert call("POST", "/dead-letters/retry").json == {"retried": 2}


def test_what_cannot_be_read_is_a_conflict_to_retry_and_can_be_dropped(
    call: Caller, db: mongo.Db
) -> None:
    inbox.journal(db, of_body(b"no json", NOW))
    (one,) = call("GET", "/dead-letters").json["dead_letters"]  # type: ignore[index]  # as above
    path = f"/dead-letters/{one['id']}"

    refused = call("POST", f"{path}/retry")
    assert refused.status_code == 409
    assert refused.json is not None
    assert "no webhook" in refused.json["detail"]
    assert call("DELETE", path).status_code == 204
    assert call("GET", path).status_code == 404
