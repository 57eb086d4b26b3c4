"""Rule files through the API, as the command line has them."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from contacts.identity import Identity
from contacts.touch import new_contact
from store import contacts, mongo
from tests.api.conftest import Caller
from tests.clock import NOW
from tests.makers import many

GOOD = """
intents:
  price: {words: [price]}
rules:
  - rule: vip_price
    when: {intent: price, contact.segments: {has: vip}}
    then:
      - add_to_segment: asked
"""
BAD = "rules:\n  - rule: x\n    when: {intnt: price}\n    then: []\n"


def test_before_anything_is_published_there_is_nothing(call: Caller) -> None:
    assert call("GET", "/rules/files").status_code == 404
    assert call("POST", "/rules/explain", json={"text": "price"}).status_code == 404


def test_files_are_checked_with_line_and_column(call: Caller) -> None:
    good = call("POST", "/rules/check", json={"files": {"a.yaml": GOOD}})
    bad = call("POST", "/rules/check", json={"files": {"a.yaml": BAD}})

    assert good.json == {"good": True, "problems": []}
    assert bad.json is not None
    assert not bad.json["good"]
    assert (bad.json["problems"][0]["file"], bad.json["problems"][0]["line"]) == ("a.yaml", 3)


def test_what_is_published_can_be_read_again(call: Caller) -> None:
    body = {"files": {"a.yaml": GOOD}, "note": "first"}

    first, again = (
        call("POST", "/rules/publish", json=body),
        call("POST", "/rules/publish", json=body),
    )

    assert first.json == {"version": 1, "new": True, "restores": None}
    assert again.json == {"version": 1, "new": False, "restores": None}
    published = call("GET", "/rules/files").json
    assert published is not None
    assert (published["files"], published["published_by"]) == (body["files"], "api")


def test_a_bad_edit_changes_nothing(call: Caller) -> None:
    call("POST", "/rules/publish", json={"files": {"a.yaml": GOOD}})

    answer = call("POST", "/rules/publish", json={"files": {"a.yaml": BAD}})

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["path"].startswith("a.yaml:3:")
    published = call("GET", "/rules/files").json
    assert published is not None
    assert published["version"] == 1


def test_without_files_the_folder_is_published(
    app: Flask, call: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.yaml").write_text(GOOD)
    settings = app.extensions["drumbeat"].settings
    monkeypatch.setattr(type(settings), "rules_path", lambda _self: tmp_path)

    answer = call("POST", "/rules/publish", json={}).json
    assert answer == {"version": 1, "new": True, "restores": None}
    published = call("GET", "/rules/files").json
    assert published is not None
    assert list(published["files"]) == ["b.yaml"]


def test_an_explanation_says_why_for_this_person(call: Caller, db: mongo.Db) -> None:
    call("POST", "/rules/publish", json={"files": {"a.yaml": GOOD}})
    asha = new_contact(Identity("919812345670"), "Asha", "message", NOW)
    asha["segments"] = ["vip"]
    contacts.insert(db, asha)

    nobody = call("POST", "/rules/explain", json={"text": "The price?"}).json
    hers = call("POST", "/rules/explain", json={"text": "The price?", "phone": "9812345670"}).json

    assert nobody is not None
    assert hers is not None
    assert [one["name"] for one in hers["intents"]] == ["price"]
    assert [rule["fires"] for rule in nobody["rules"]] == [False]
    assert [rule["fires"] for rule in hers["rules"]] == [True]
    assert db.events.count_documents({}) == 0


def put(call: Caller, text: str = GOOD, **more: Any) -> TestResponse:
    return call("PUT", "/rules/files", json={"files": {"a.yaml": text}, **more})


def publish(call: Caller, text: str = GOOD, **more: Any) -> TestResponse:
    return call("POST", "/rules/publish", json={"files": {"a.yaml": text}, **more})


def test_a_draft_decides_nothing_until_it_is_published(call: Caller, db: mongo.Db) -> None:
    publish(call)
    changed = GOOD.replace("asked", "wants_price")

    saved = put(call, changed)

    assert saved.status_code == 200
    assert saved.json is not None
    assert (saved.json["version"], saved.json["draft"]["good"]) == (None, True)
    shown = call("GET", "/rules/files").json
    assert shown is not None
    assert (shown["version"], shown["files"]) == (1, {"a.yaml": GOOD})
    assert (shown["draft"]["files"], shown["draft"]["base"]) == ({"a.yaml": changed}, 1)

    assert call("POST", "/rules/publish", json={"note": "tag them"}).json == {
        "version": 2, "new": True, "restores": None,
    }  # fmt: skip
    shown = call("GET", "/rules/files").json
    assert shown is not None
    assert (shown["files"], shown["draft"]) == ({"a.yaml": changed}, None)


def test_a_draft_may_be_bad_and_says_so(call: Caller) -> None:
    saved = put(call, BAD).json

    assert saved is not None
    assert saved["draft"]["problems"][0]["line"] == 3
    assert call("POST", "/rules/publish", json={"source": "draft"}).status_code == 422
    shown = call("GET", "/rules/files").json
    assert shown is not None
    assert (shown["version"], shown["draft"]["files"]) == (0, {"a.yaml": BAD}), "it is kept"


def test_a_draft_can_be_published_at_once(call: Caller) -> None:
    assert put(call, publish=True, note="at once").json == {"draft": None, "version": 1}


@pytest.mark.parametrize("name", ["../../etc/x.yaml", "/etc/x.yaml", "a.py", ""])
def test_a_file_that_would_lie_elsewhere_is_refused(call: Caller, name: str) -> None:
    for method, path in (("PUT", "/rules/files"), ("POST", "/rules/publish")):
        answer = call(method, path, json={"files": {name: GOOD}})
        assert answer.status_code == 422, answer.json
    checked = call("POST", "/rules/check", json={"files": {name: GOOD}}).json
    assert checked is not None
    assert not checked["good"]
    assert call("GET", "/rules/files").status_code == 404, "nothing was kept"


def test_of_two_who_work_at_once_the_second_is_told(call: Caller) -> None:
    publish(call)
    put(call, GOOD.replace("asked", "one"))
    publish(call, GOOD.replace("asked", "two"))

    answer = call("POST", "/rules/publish", json={})

    assert answer.status_code == 409
    assert answer.json is not None
    assert "Version 2 decides" in answer.json["detail"]
    assert put(call, base=2).status_code == 200
    assert call("POST", "/rules/publish", json={}).json == {
        "version": 3, "new": True, "restores": None,
    }  # fmt: skip


def test_a_draft_can_be_thrown_away(call: Caller) -> None:
    put(call)

    assert call("DELETE", "/rules/files").status_code == 204
    assert call("DELETE", "/rules/files").status_code == 204
    assert call("POST", "/rules/publish", json={"source": "draft"}).status_code == 409


def test_versions_say_what_they_changed_and_can_be_gone_back_to(call: Caller) -> None:
    publish(call, note="first")
    publish(call, GOOD.replace("asked", "two"))

    back = call("POST", "/rules/rollback", json={"version": 1, "note": "two was wrong"})

    assert back.json == {"version": 3, "new": True, "restores": 1}
    listed = call("GET", "/rules/versions?limit=2").json
    assert listed is not None
    assert [(one["version"], one["restores"]) for one in listed["versions"]] == [(3, 1), (2, None)]
    assert listed["versions"][0]["changes"]["rules"]["changed"] == ["vip_price"]
    whole = call("GET", "/rules/versions/2").json
    assert whole is not None
    assert "-      - add_to_segment: asked\n+      - add_to_segment: two\n" in whole["diff"]
    assert call("POST", "/rules/rollback", json={"version": 9}).status_code == 404
    for number in ("9", "x", "0", "9" * 30):
        assert call("GET", f"/rules/versions/{number}").status_code == 404


def test_a_draft_is_tried_on_what_happened(call: Caller, db: mongo.Db) -> None:
    publish(call)
    many(db, 20)
    put(call, GOOD.replace("words: [price]", "words: [cost]"))

    told = call("POST", "/rules/replay", json={"days": 365, "most": 10}).json
    other = call("POST", "/rules/replay", json={"days": 365, "files": {"a.yaml": GOOD}}).json

    assert told is not None
    assert (told["version"], told["events"], told["intents"]["price"]["gained"]) == (1, 10, 5)
    assert other is not None
    assert (other["events"], other["changed"]) == (20, 0)
    bad = call("POST", "/rules/replay", json={"files": {"a.yaml": BAD}})
    assert bad.status_code == 422
    assert db.rule_versions.count_documents({}) == 1
