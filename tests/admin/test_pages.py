"""A marketer sees how each campaign does, and may start, pause, resume and cancel it."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from store import campaigns, deliveries, mongo
from store.documents.campaign import CampaignState
from store.documents.delivery import DeliveryStatus
from tests.admin.conftest import post
from tests.clock import NOW
from tests.makers import make_contact
from tests.reports import rows


def _shown(text: str, testid: str) -> str:
    found = re.search(rf'data-testid="{testid}"[^>]*>([^<]*)<', text)
    assert found, testid
    return found[1].strip()


def test_without_campaigns_the_list_says_how_to_make_one(asha: FlaskClient) -> None:
    assert "campaigns apply" in asha.get("/").text


def test_the_list_shows_each_campaign_with_its_numbers(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db, excluded={"staff": 1200})
    rows.brought(db, run, DeliveryStatus.READ)

    text = asha.get("/").text

    assert 'data-testid="campaign-diwali_offer"' in text
    assert re.findall(r"<dd>([\d,]+)</dd>", text) == ["1,201", "1", "1", "0"]


def test_the_funnel_shows_where_everybody_stands(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db, excluded={"staff": 2})
    for status in DeliveryStatus:
        rows.brought(db, run, status)

    for path in ("/campaigns/diwali_offer", "/campaigns/diwali_offer/funnel"):
        text = asha.get(path).text
        assert _shown(text, "state") == "active"
        shown = {
            state: int(_shown(text, f"funnel-{state}"))
            for state in (
                "pending", "sending", "unknown", "accepted", "sent", "delivered", "read",
                "failed", "skipped", "excluded", "targeted",
            )
        }  # fmt: skip
        assert shown["targeted"] == 12
        assert sum(shown.values()) == 2 * shown["targeted"]
        assert "suppressed" in text
        assert "131026" in text


def test_a_look_ahead_says_who_would_get_it_and_starts_it(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db, state=CampaignState.DRAFT, message={"text": "Hello"})
    make_contact(db, segments=["vip"])
    assert 'data-testid="look-ahead"' in asha.get("/campaigns/diwali_offer").text

    text = asha.get("/campaigns/diwali_offer/preview").text

    assert _shown(text, "preview-audience") == "1"
    assert _shown(text, "preview-messages") == "0"
    assert "Window closed" in text
    post(asha, "/campaigns/diwali_offer/start", see="/campaigns/diwali_offer/preview")
    page = asha.get("/campaigns/diwali_offer").text
    assert _shown(page, "state") == "running"
    assert "by Asha" in page
    assert asha.get("/campaigns/nothing/preview").status_code == 404


def test_a_look_ahead_shows_the_message_as_a_phone_would(asha: FlaskClient, db: mongo.Db) -> None:
    message = {"text": "Hello *{{ contact.first_name }}*"}
    rows.campaign(db, state=CampaignState.DRAFT, message=message)
    make_contact(db, segments=["vip"], name="Asha Rao")
    make_contact(db, "919812345671", name="<b>Bilal</b> Khan")
    path = "/campaigns/diwali_offer/preview"

    assert "Hello <b>Asha</b>" in asha.get(path).text
    seen = post(asha, path, **{"as": "+919812345671"})
    assert "Hello <b>&lt;b&gt;Bilal&lt;/b&gt;</b>" in seen.text
    assert "not a valid phone number" in post(asha, path, **{"as": "nobody"}).text


def test_times_are_on_the_workspaces_clock(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db)
    bilal = rows.contact(db, "919812345671", "Bilal")
    rows.brought(db, rows.run(db), DeliveryStatus.READ, bilal["_id"], at=NOW + timedelta(minutes=5))

    text = asha.get("/campaigns/diwali_offer").text

    assert "24 Nov 2026, 12:05" in text
    assert "Asia/Kolkata" in text


def test_a_campaign_can_be_started_paused_resumed_and_cancelled(
    asha: FlaskClient, db: mongo.Db
) -> None:
    rows.campaign(
        db, "price_list", CampaignState.DRAFT, "triggered", message={"text": "Here you are"}
    )
    page = "/campaigns/price_list"
    life = {"start": "active", "pause": "paused", "resume": "active", "cancel": "cancelled"}

    for step, state in life.items():
        assert post(asha, f"{page}/{step}", see=page).location == page
        text = asha.get(page).text
        assert _shown(text, "state") == state
        assert "alert-success" in text
    changed = campaigns.find(db, "price_list")
    assert changed is not None
    assert {change["by"] for change in changed["history"]} == {"Asha"}


def test_an_impossible_step_says_why(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db, state=CampaignState.ACTIVE)
    page = "/campaigns/diwali_offer"

    assert post(asha, f"{page}/resume", see=page).location == page

    text = asha.get(page).text
    assert "alert-warning" in text
    assert len(_shown(text, "flash")) > 10


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns/nowhere", "/campaigns/nowhere/funnel", "/contacts/nobody",
        "/contacts/" + "0" * 24,
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(asha: FlaskClient, path: str) -> None:
    answer = asha.get(path)

    assert answer.status_code == 404
    assert "Not found" in answer.text


def test_a_person_s_page_tells_why_they_did_not_get_it(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db)
    bilal = rows.contact(db, "919812345671", "Bilal")
    rows.brought(db, rows.run(db), DeliveryStatus.SKIPPED, bilal["_id"])

    text = asha.get(f"/contacts/{bilal['_id']}").text

    assert "Message of diwali_offer: skipped, suppressed" in text
    assert "+919812345671" in text


def test_somebody_erased_is_still_counted_but_not_named(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db)
    bilal = rows.contact(db, "919812345671", "Bilal")
    rows.brought(db, rows.run(db), DeliveryStatus.READ, bilal["_id"])
    deliveries.erase_of(db, bilal["_id"])
    mongo.contacts(db).delete_one({"_id": bilal["_id"]})

    text = asha.get("/campaigns/diwali_offer").text

    assert _shown(text, "funnel-read") == "1"
    assert "erased" in text
    assert "Bilal" not in text


def test_what_was_set_aside_is_named_on_the_first_page(asha: FlaskClient, db: mongo.Db) -> None:
    assert "dead-letters" not in asha.get("/").text
    assert "Nothing is set aside" in asha.get("/events/dead").text
    db.inbox.insert_one(
        {
            "_id": "message:1",
            "kind": "message",
            "shard": 0,
            "at": NOW,
            "received_at": NOW,
            "payload": '{"text": "a secret of Chen"}',
            "state": "dead",
            "tries": 1,
            "reason": "the handler gave up",
        }
    )

    assert _shown(asha.get("/").text, "dead-letters") == "1 item from WhatsApp"
    text = asha.get("/events/dead").text
    assert "the handler gave up" in text
    assert "a secret of Chen" not in text
