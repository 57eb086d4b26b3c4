"""Rule files through the API, as the command line has them."""

from pathlib import Path

import pytest
from flask import Flask

from contacts.identity import Identity
from contacts.touch import new_contact
from store import contacts, mongo
from tests.api.conftest import Caller
from tests.clock import NOW

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

    assert first.json == {"version": 1, "new": True}
    assert again.json == {"version": 1, "new": False}
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

    assert call("POST", "/rules/publish", json={}).json == {"version": 1, "new": True}
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
