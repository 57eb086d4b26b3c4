"""What a marketer sees in a real browser: numbers that move, on any screen, in light and dark."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from contacts import consent, handed_in
from contacts.identity import Identity
from contacts.imports import Source, begin
from contacts.rows import FileKind
from rules import publish
from store import campaigns, mongo, users
from store.documents.campaign import CampaignState
from store.documents.delivery import DeliveryStatus
from store.documents.suppression import Scope
from store.redis import RedisClient
from tests.admin.conftest import PASSWORD, add_user
from tests.admin.test_inbox import heard
from tests.clock import NOW
from tests.makers import ASHA, make_contact
from tests.reports import rows
from tests.rules.people import one_rule

pytestmark = pytest.mark.browser
PRICE_LIST = {
    "_id": "prices:en", "meta_id": None, "name": "prices", "language": "en",
    "category": "MARKETING", "status": "APPROVED", "parameter_format": "NAMED", "quality": None,
    "components": [{"type": "BODY", "text": "Dear {{first_name}}, here you are."}],
    "reason": None, "synced_at": NOW,
}  # fmt: skip
PAGES = (
    "/", "/campaigns/diwali_offer", "/rules", "/rules/versions/1", "/contacts", "/segments",
    "/segments/vip", "/password", "/inbox", "/inbox?of=agents", "/do-not-disturb",
    "/new-campaign/one_time", "/new-campaign/triggered", "/campaigns/diwali_offer/edit",
    "/campaigns/diwali_offer/report", "/campaigns/diwali_offer/people",
    "/new-segment",
)  # fmt: skip


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The pages, served."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(app: Flask, db: mongo.Db, browser: Browser, url: str) -> Iterator[Page]:
    """A phone's browser, Asha signed in by keyboard; what it complains of fails the test."""
    rows.campaign(db)
    context = browser.new_context(viewport={"width": 390, "height": 800}, base_url=url)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    once = add_user(app, "Asha")  # where nobody has an account, the login leads to the set-up
    page.goto("/")
    page.get_by_test_id("login-name").fill("Asha")
    page.get_by_test_id("login-password").fill(once)
    page.keyboard.press("Enter")
    page.get_by_test_id("password-new").fill(PASSWORD)
    page.get_by_test_id("password-again").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("campaign-diwali_offer")).to_be_visible()
    yield page
    context.close()
    # A form that is not right yet is answered 422, which Chromium notes as an error.
    assert [one for one in complaints if "status of 422" not in one] == []


def test_the_funnel_moves_while_somebody_looks(page: Page, db: mongo.Db) -> None:
    page.get_by_role("link", name="diwali_offer").click()
    expect(page.get_by_test_id("funnel-read")).to_have_text("0")
    page.evaluate("window.neverReloaded = true")

    rows.brought(db, rows.run(db), DeliveryStatus.READ)

    expect(page.get_by_test_id("funnel-read")).to_have_text("1")
    expect(page.get_by_test_id("funnel-targeted")).to_have_text("1")
    assert page.evaluate("window.neverReloaded")


def test_other_buttons_come_when_somebody_else_pauses_it(page: Page, db: mongo.Db) -> None:
    page.goto("/campaigns/diwali_offer")
    expect(page.get_by_test_id("step-pause")).to_be_visible()

    campaigns.enter(
        db,
        "diwali_offer",
        [CampaignState.ACTIVE],
        {"at": NOW, "by": "Bilal", "state": CampaignState.PAUSED, "reason": None},
    )

    expect(page.get_by_test_id("step-resume")).to_be_visible()
    expect(page.get_by_test_id("state")).to_have_text("paused")


def test_an_import_is_watched_until_it_is_done(page: Page, app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    lines = [f"+91981234{n:04},Person {n},vip,Pune" for n in range(2_500)]
    file.write_text("\n".join(["phone,name,segments,attributes.city", *lines, "12,Nobody,,"]))
    page.goto("/contacts")
    page.get_by_test_id("file").set_input_files(file)

    page.get_by_test_id("import").click()
    expect(page.get_by_text("It waits for a worker")).to_be_visible()
    handed_in.bring_in_due(app.extensions["drumbeat"], lambda: datetime.now(UTC))

    expect(page.get_by_test_id("state")).to_have_text("done", timeout=30_000)
    expect(page.get_by_test_id("created")).to_have_text("2,500")
    with page.expect_download() as download:
        page.get_by_test_id("rejected-rows").click()
    assert download.value.path().read_text().startswith("line,reason\n2502,phone: ")
    page.goto("/segments")
    expect(page.get_by_test_id("segment-vip")).to_contain_text("2,500")


def test_cancelling_asks_once_more(page: Page) -> None:
    page.goto("/campaigns/diwali_offer")
    expect(page.get_by_test_id("step-cancel")).to_be_hidden()

    page.get_by_text("Cancel…").click()
    page.get_by_test_id("step-cancel").click()

    expect(page.get_by_test_id("state")).to_have_text("cancelled")


def test_a_session_that_ended_leads_to_the_login(page: Page, db: mongo.Db) -> None:
    page.goto("/campaigns/diwali_offer")

    users.change(db, "Asha", {"sessions": []})

    expect(page.get_by_test_id("login-name")).to_be_visible()
    assert page.url.endswith("/login?next=/campaigns/diwali_offer")


def test_without_scripts_the_page_reloads_itself(page: Page, db: mongo.Db, url: str) -> None:
    browser, state = page.context.browser, page.context.storage_state()
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, storage_state=state, base_url=url)
    page = plain.new_page()
    page.goto("/campaigns/diwali_offer")
    expect(page.get_by_test_id("funnel-read")).to_have_text("0")

    rows.brought(db, rows.run(db), DeliveryStatus.READ)

    expect(page.get_by_test_id("funnel-read")).to_have_text("1", timeout=15_000)
    plain.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_overflows_the_screen(page: Page, db: mongo.Db, width: int) -> None:
    long = make_contact(
        db, ASHA, name="x" * 90, segments=["vip"], attributes={"note": "x" * 300},
        last_inbound_at=NOW,
    )  # fmt: skip
    heard(db, long, "y" * 300, NOW)
    begin(db, FileKind.CSV, Source("page", "a_name_" + "that_goes_on_" * 8 + ".csv"), NOW)
    rows.campaign(db, "a_name_" + "that_goes_on_" * 8, message={"text": "x" * 300})
    consent.suppress(
        db, Identity(ASHA), scope=Scope.ALL, until=None, source="keyword", reason="z" * 200,
        evidence="wamid." + "w" * 90, now=NOW,
    )  # fmt: skip
    rules = {"long.yaml": one_rule("{intent: price}")["it.yaml"].replace("it,", "it" * 31 + ",")}
    publish.publish(db, rules, by="Bilal", note="why " * 60, now=NOW)
    page.set_viewport_size({"width": width, "height": 900})

    for path in (
        *PAGES, "/campaigns/a_name_" + "that_goes_on_" * 8, f"/inbox/{long['_id']}",
        f"/contacts/{long['_id']}",
    ):  # fmt: skip
        page.goto(path)
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path


def test_the_page_follows_the_readers_choice_of_dark(page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.emulate_media(color_scheme="dark")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.evaluate(ground) != light


def test_an_explanation_is_asked_and_a_version_gone_back_to(page: Page, db: mongo.Db) -> None:
    for when in ("{intent: price}", "{intent: greeting}"):
        publish.publish(db, dict(one_rule(when)), by="Bilal", note="a try", now=NOW)
    page.goto("/rules")

    page.get_by_test_id("explain-text").fill("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("heard")).to_have_text("hello")
    expect(page.get_by_test_id("step")).to_contain_text("by it")

    page.goto("/rules")
    page.get_by_test_id("version-1").get_by_role("link").click()
    page.get_by_test_id("rollback").click()
    page.get_by_test_id("rollback-note").fill("hello was too much")
    page.get_by_test_id("rollback-confirm").click()
    expect(page.get_by_test_id("deciding")).to_have_text("3")


def test_an_agent_takes_over_answers_and_hands_back(
    page: Page, db: mongo.Db, red: RedisClient
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    asha = make_contact(
        db, ASHA, name="Asha Rao", last_inbound_at=now, window_until=now + timedelta(hours=24)
    )
    heard(db, asha, "is anybody there", now)
    page.goto("/inbox")
    page.get_by_role("link", name="Asha Rao").click()
    page.get_by_test_id("take-over").click()
    expect(page.get_by_test_id("agent")).to_contain_text("Asha answers until")

    page.get_by_test_id("reply-text").fill("Yes, I am")
    page.get_by_test_id("reply").click()
    expect(page.get_by_test_id("ours")).to_contain_text("Yes, I am")
    expect(page.get_by_test_id("fate")).to_have_text("waits")

    page.get_by_test_id("reply-text").fill("half a sent")
    heard(db, asha, "how good", now + timedelta(seconds=1))
    expect(page.get_by_test_id("theirs")).to_have_count(2)
    expect(page.get_by_test_id("reply-text")).to_have_value("half a sent")
    page.get_by_test_id("hand-back").click()
    expect(page.get_by_test_id("agent")).to_have_count(0)


def test_a_campaign_is_written_looked_at_and_started(page: Page, app: Flask, db: mongo.Db) -> None:
    db.templates.insert_one(dict(PRICE_LIST))
    make_contact(
        db,
        ASHA,
        name="Asha Rao",
        segments=["vip"],
        consent={"state": "yes", "source": "import", "at": NOW},
    )
    page.goto("/")
    page.get_by_test_id("new-one_time").click()
    page.get_by_test_id("field-segments").fill("vip")
    expect(page.get_by_test_id("sketch-count")).to_have_text("1 person now")
    page.get_by_test_id("field-template").select_option("prices:en")
    page.get_by_test_id("field-param.first_name").fill("{{ contact.first_name }}")
    expect(page.get_by_test_id("phone-body")).to_have_text("Dear Asha, here you are.")
    page.get_by_test_id("field-where").fill("attributes.city: {is: Pune}")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("error-name")).to_be_visible()
    page.get_by_test_id("field-name").fill("prices_2026")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("error-where")).to_contain_text("attributes.city")
    page.get_by_test_id("field-where").fill("")
    page.keyboard.press("Tab")

    page.get_by_test_id("save").click()

    expect(page.get_by_test_id("preview-audience")).to_have_text("1")
    page.get_by_test_id("step-start").click()
    expect(page.get_by_test_id("state")).to_have_text("running")


def test_the_list_follows_what_others_do(page: Page, db: mongo.Db) -> None:
    rows.brought(db, rows.run(db), DeliveryStatus.READ)

    card = page.get_by_test_id("campaign-diwali_offer")
    expect(card.locator("dd").first).to_have_text("1", timeout=15_000)


def test_a_segment_is_built_with_its_count_beside_it(page: Page, db: mongo.Db) -> None:
    make_contact(db, ASHA, attributes={"city": "Pune"})
    page.goto("/segments")
    page.get_by_test_id("new-segment").click()
    page.get_by_test_id("field-name").fill("pune")
    page.get_by_test_id("what-0").fill("attributes.city")
    page.get_by_test_id("field-value.0").fill("Mumbai")
    expect(page.get_by_test_id("sketch-count")).to_have_text("0 people now")
    page.get_by_test_id("how-0").select_option("ne")
    expect(page.get_by_test_id("sketch-count")).to_have_text("1 person now")

    page.get_by_test_id("save").click()

    expect(page.get_by_test_id("count")).to_have_text("1")
