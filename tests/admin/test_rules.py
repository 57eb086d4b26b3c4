"""The rules on the pages: what decides, what it did, the way back, and why."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin import plain_rules
from rules import diff, drafts, publish
from store import mongo, rule_versions
from tests.admin.conftest import post
from tests.makers import ASHA, make_contact
from tests.rules.people import one_rule

FIRST = dict(one_rule("{intent: price, contact.segments: {has: vip}}"))
SECOND = dict(one_rule("{intent: greeting}"))


def put(db: mongo.Db, files: dict[str, str], note: str = "") -> None:
    publish.publish(db, files, by="Bilal", note=note, now=datetime.now(UTC))


def fired(db: mongo.Db, *rules: str) -> None:
    now = datetime.now(UTC)
    db.events.insert_one({"recorded_at": now, "decision": {"rules": list(rules)}})


def test_before_anything_was_published_the_page_says_what_to_do(asha: FlaskClient) -> None:
    assert "flask rules publish" in asha.get("/rules").text


def test_the_versions_say_who_when_why_and_what_changed(asha: FlaskClient, db: mongo.Db) -> None:
    put(db, FIRST, "the <first>")
    put(db, SECOND)

    page = asha.get("/rules").text

    assert "Version <a" in page
    assert "by Bilal" in page
    assert "the &lt;first&gt;" in page
    assert "rules: ~it; 1 file, +1 -1 lines" in page
    assert "They check without a fault." in page


def test_a_rule_says_how_often_it_fired_lately(asha: FlaskClient, db: mongo.Db) -> None:
    put(db, FIRST)
    for rules in (["it"], ["it", "gone"], []):
        fired(db, *rules)

    lately = asha.get("/rules").text.split("Fired in the last seven days")[1].split("</section>")[0]

    assert "it.yaml:7" in lately
    assert "<b>2</b>" in lately
    assert "not in the version that decides" in lately


def test_a_version_shows_its_difference(asha: FlaskClient, db: mongo.Db) -> None:
    put(db, FIRST)
    put(db, SECOND)

    page = asha.get("/rules/versions/2").text

    assert '<span class="diff-minus">-' in page
    assert '<span class="diff-plus">+' in page
    assert 'data-testid="rollback"' not in page, "it decides already"
    assert asha.get("/rules/versions/9").status_code == 404


def test_going_back_takes_a_reason_and_says_what_it_did(asha: FlaskClient, db: mongo.Db) -> None:
    put(db, FIRST)
    put(db, SECOND)

    post(asha, "/rules/versions/1/rollback", see="/rules/versions/1", note="")
    assert rule_versions.latest_number(db) == 2
    done = post(asha, "/rules/versions/1/rollback", see="/rules/versions/1", note="too friendly")

    assert done.location == "/rules"
    assert "Version 3 decides, with the files of version 1." in asha.get("/rules").text
    latest = rule_versions.latest(db)
    assert latest is not None
    assert (latest["published_by"], latest["note"], latest["restores"]) == (
        "Asha", "too friendly", 1,
    )  # fmt: skip


def test_nobody_goes_back_to_what_is_not_good_any_more(asha: FlaskClient, db: mongo.Db) -> None:
    put(db, FIRST)
    put(db, SECOND)
    bad = sorted(one_rule("{intent: prize}").items())
    mongo.rule_versions(db).update_one({"_id": 1}, {"$set": {"files": bad}})

    assert "not good any more" in asha.get("/rules/versions/1").text
    post(asha, "/rules/versions/1/rollback", see="/rules/versions/1", note="why not")

    assert "did you mean" in asha.get("/rules").text
    assert rule_versions.latest_number(db) == 2


def test_going_back_needs_the_proof_that_it_was_pressed_here(
    asha: FlaskClient, db: mongo.Db
) -> None:
    put(db, FIRST)
    put(db, SECOND)

    assert asha.post("/rules/versions/1/rollback", data={"note": "x"}).status_code == 400
    assert rule_versions.latest_number(db) == 2


def test_a_draft_is_shown(asha: FlaskClient, db: mongo.Db) -> None:
    drafts.keep(db, FIRST, by="Chen", now=datetime.now(UTC))

    assert "Chen works on a draft" in asha.get("/rules").text


def test_an_explanation_tells_what_was_heard_what_held_and_what_would_be_done(
    asha: FlaskClient, db: mongo.Db
) -> None:
    put(db, FIRST)
    make_contact(db, ASHA, segments=["vip"])

    hers = post(asha, "/rules/explain", see="/rules", text="The PRICE?", phone=f"+{ASHA}").text
    nobodys = post(asha, "/rules/explain", see="/rules", text="The PRICE?").text

    assert "the price" in hers
    assert "price: by word “price”, 90% sure" in hers
    assert "contact.segments has vip, saw" in hers
    assert "every check lets it through" in hers
    assert "Asked as somebody of whom nothing is known." in nobodys
    assert "Nothing would be done." in nobodys
    assert db.events.count_documents({}) == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Say what happens"),
        ({"text": "hi", "phone": "abc"}, "The phone number"),
        ({"text": "hi", "phone": "+919812345670"}, "Nobody with this number is known."),
        ({"text": "hi"}, "No rules were published yet"),
        ({"text": "x" * 5000}, "longer than"),
    ],
)
def test_a_question_that_makes_no_sense_says_why(
    asha: FlaskClient, fields: dict[str, str], said: str
) -> None:
    answer = post(asha, "/rules/explain", see="/rules", **fields)

    assert answer.status_code == 422
    assert said in answer.text


def test_strangers_see_nothing(stranger: FlaskClient, app: Flask) -> None:
    for path in ("/rules", "/rules/versions/1", "/rules/explain"):
        assert "/login" in stranger.get(path).location


def test_a_long_difference_is_cut() -> None:
    text = diff.text({}, {"a.yaml": "- x\n" * 3_000}, was="nothing", now="version 1")

    lines = plain_rules.diff_lines(text)

    assert len(lines) == 2_001
    assert "more lines" in lines[-1][1]
