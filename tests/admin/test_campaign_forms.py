"""A marketer makes a campaign from the first field to its start, and nothing leaves before that."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaigns import templates
from runtime import Runtime
from store import campaigns, mongo
from store.documents.campaign import CampaignState
from store.documents.user import Role
from tests.admin.conftest import post
from tests.admin.test_inbox import shown
from tests.clock import NOW
from tests.house.test_doors import signed_in
from tests.makers import ASHA, BILAL, make_contact
from tests.reports import rows

NEW = "/new-campaign/one_time"
GIVEN = {
    "name": "diwali_offer", "segments": "vip", "kind": "template", "template": "price_list:en",
    "param.first_name": "{{ contact.first_name | default('friend') }}", "stop_if_failing": "25%",
}  # fmt: skip
AGREED = {"state": "yes", "source": "import", "at": NOW}


@pytest.fixture(autouse=True)
def _synced(rt: Runtime) -> None:
    templates.sync(rt, NOW)


def test_a_campaign_is_made_looked_at_and_started(asha: FlaskClient, db: mongo.Db) -> None:
    make_contact(db, ASHA, name="Asha Rao", segments=["vip"], consent=AGREED)

    answer = post(asha, NEW, **GIVEN)

    assert answer.location == "/campaigns/diwali_offer/preview"
    known = campaigns.find(db, "diwali_offer")
    assert known is not None
    assert known["definition"] == {
        "campaign": "diwali_offer",
        "type": "one_time",
        "audience": {"segments": ["vip"]},
        "message": {
            "template": "price_list",
            "language": "en",
            "parameters": {"first_name": "{{ contact.first_name | default('friend') }}"},
        },
        "limits": {"stop_if_failing": "25%"},
    }
    ahead = asha.get(answer.location).text
    assert shown(ahead, "preview-audience") == "1"
    assert "Asha" in ahead
    post(asha, "/campaigns/diwali_offer/start", see=answer.location)
    assert shown(asha.get("/campaigns/diwali_offer").text, "state") == "running"


def test_a_triggered_one_is_made_too(asha: FlaskClient, db: mongo.Db) -> None:
    answer = post(
        asha, "/new-campaign/triggered", name="cart", starts="event", starts_with="cart_abandoned",
        kind="text", text="Still there?", delay="30m", cancel_if="order_placed",
        reentry="cooldown", cooldown="7 days",
    )  # fmt: skip

    assert answer.location == "/campaigns/cart/preview"
    known = campaigns.find(db, "cart")
    assert known is not None
    assert known["definition"] == {
        "campaign": "cart", "type": "triggered", "message": {"text": "Still there?"},
        "trigger": {"event": "cart_abandoned"}, "delay": "30m",
        "cancel_if": {"event": "order_placed"}, "reentry": {"cooldown": "7 days"},
    }  # fmt: skip


def test_what_is_wrong_stands_at_its_field_and_nothing_is_kept(
    asha: FlaskClient, db: mongo.Db
) -> None:
    wrong = {
        **GIVEN, "name": "a b", "where": "attributes.city: {is: Pune}", "rate_per_s": "a lot",
    }  # fmt: skip

    answer = post(asha, NEW, **wrong)
    assert answer.status_code == 422
    for field in ("name", "where", "rate_per_s"):
        assert shown(answer.text, f"error-{field}")
    answer = post(asha, NEW, **{**wrong, "name": "diwali"})

    assert answer.status_code == 422
    for field in ("where", "rate_per_s"):
        assert shown(answer.text, f"error-{field}")
    assert "attributes.city: {is: Pune}</textarea>" in answer.text
    missing = post(asha, NEW, **{**GIVEN, "param.first_name": ""})
    assert "it is missing" in shown(missing.text, "error-param.first_name")
    assert campaigns.all_of_them(db) == []


def test_a_name_that_is_taken_overwrites_nothing(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db, state=CampaignState.DRAFT)

    answer = post(asha, NEW, **GIVEN)

    assert "already" in shown(answer.text, "error-name")
    known = campaigns.find(db, "diwali_offer")
    assert known is not None
    assert known["version"] == 1


def test_editing_keeps_what_the_form_does_not_show(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(
        db, state=CampaignState.DRAFT, priority=7, message={"text": "Hello"},
        limits={"over_limit": "drop"},
    )  # fmt: skip
    page = "/campaigns/diwali_offer/edit"
    assert "Hello</textarea>" in asha.get(page).text

    post(asha, page, segments="vip, pune", kind="text", text="Hello there")

    known = campaigns.find(db, "diwali_offer")
    assert known is not None
    assert known["definition"]["priority"] == 7
    assert known["definition"]["limits"] == {"over_limit": "drop"}
    assert known["definition"]["audience"] == {"segments": ["vip", "pune"]}
    assert known["version"] == 2


@pytest.mark.parametrize("kind", ["drip", "nothing"])
def test_a_type_that_the_form_does_not_know_is_not_found(
    asha: FlaskClient, db: mongo.Db, kind: str
) -> None:
    rows.campaign(db, state=CampaignState.COMPLETED)

    assert asha.get(f"/new-campaign/{kind}").status_code == 404
    assert asha.get("/campaigns/diwali_offer/edit").status_code == 404


def test_the_sketch_counts_and_shows_while_the_rest_is_not_right_yet(
    asha: FlaskClient, db: mongo.Db
) -> None:
    make_contact(db, ASHA, name="Asha Rao", segments=["vip"], attributes={"city": "Pune"})
    make_contact(db, BILAL, name="Bilal Khan", segments=["vip"])
    half = {
        "kind": "text", "text": "Hello *{{ contact.first_name }}*", "segments": "vip",
        "where": "attributes.city: Pune", "rate_per_s": "a lot",
    }  # fmt: skip

    text = post(asha, "/sketch/one_time", see=NEW, **half).text

    assert "<b>1 person</b>" in text
    assert "Hello <b>Asha</b>" in text
    seen = post(asha, "/sketch/one_time", see=NEW, **{**half, "as": f"+{BILAL}"}).text
    assert "Hello <b>Bilal</b>" in seen
    broken = post(asha, "/sketch/one_time", see=NEW, where="{", template="price_list:en").text
    assert "not right yet" in broken
    assert 'name="param.first_name"' in broken
    assert "Choose segments" in post(asha, "/sketch/one_time", see=NEW).text
    assert "for whom it starts" in post(asha, "/sketch/triggered", see=NEW).text
    assert db.audit.count_documents({"action": "sketch"}) == 0


def test_without_scripts_a_button_shows_what_the_template_wants(asha: FlaskClient) -> None:
    assert 'name="param.first_name"' not in asha.get(NEW).text

    answer = post(asha, NEW, template="price_list:en", look="1")

    assert answer.status_code == 200
    assert 'name="param.first_name"' in answer.text


def test_a_test_goes_to_colleagues_alone(asha: FlaskClient, db: mongo.Db) -> None:
    make_contact(db, ASHA, segments=["vip"])
    make_contact(db, BILAL)
    post(asha, NEW, **GIVEN)
    page = "/campaigns/diwali_offer"

    post(asha, f"{page}/test", see=f"{page}/preview", phones=f"+{BILAL}\n")
    assert "1 on the way" in asha.get(f"{page}/preview").text
    post(asha, f"{page}/test", see=f"{page}/preview", phones="nobody")
    assert "Nobody gets it: number 1" in asha.get(f"{page}/preview").text

    assert [row["purpose"] for row in db.deliveries.find({})] == ["test"]


def test_a_copy_is_a_draft_of_another_name(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db, message={"text": "Hello"})
    page = "/campaigns/diwali_offer"

    assert post(asha, f"{page}/duplicate", see=page, copy="diwali_2").location.endswith("diwali_2")
    copied = campaigns.find(db, "diwali_2")
    assert copied is not None
    assert copied["state"] == CampaignState.DRAFT
    for poor in ("diwali_offer", "a b", ""):
        post(asha, f"{page}/duplicate", see=page, copy=poor)
        assert "Not copied" in asha.get(page).text


def test_a_viewer_is_offered_nothing_that_changes(app: Flask, db: mongo.Db) -> None:
    rows.campaign(db, state=CampaignState.DRAFT, message={"text": "Hello"})
    viewer = signed_in(app, Role.VIEWER)

    assert "new-campaign" not in viewer.get("/").text
    page = viewer.get("/campaigns/diwali_offer").text
    assert not re.search(r"/(edit|duplicate)", page)
