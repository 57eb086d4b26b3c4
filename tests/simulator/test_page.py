"""The phone page in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.simulator.conftest import ASHA, CHEN, Business, Sim, price_list

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, sim: Sim) -> Iterator[Page]:
    """The page on a small phone; what it complains about in the console fails the test."""
    opened = browser.new_page(viewport={"width": 390, "height": 844})
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    opened.goto(sim.handle.url)
    yield opened
    opened.close()
    assert complaints == []


def hold(page: Page, wa_id: str) -> None:
    page.get_by_test_id(f"person-{wa_id}").click()


def test_a_conversation_goes_back_and_forth(page: Page, sim: Sim, business: Business) -> None:
    sim.send(ASHA, **price_list("<b>Asha</b>"))
    expect(page.get_by_test_id(f"person-{ASHA}")).to_contain_text("Hi <b>Asha</b>")
    hold(page, ASHA)
    received = page.locator("[data-testid=bubble][data-direction=out]")
    expect(received).to_have_attribute("data-status", "read")

    received.get_by_test_id("button").filter(has_text="See offers").click()
    page.get_by_test_id("composer").fill("and the price?")
    page.get_by_test_id("send").click()

    expect(page.locator("[data-testid=bubble][data-direction=in]")).to_have_count(2)
    sim.settle()
    assert business.messages()[0]["button"]["payload"] == "SEE_OFFERS"
    assert business.messages()[1]["text"]["body"] == "and the price?"


def test_a_list_is_chosen_from_a_dialog(page: Page, sim: Sim, business: Business) -> None:
    sim.act(ASHA, text="hi")
    hold(page, ASHA)
    rows = [{"id": "r1", "title": "Sarees"}, {"id": "r2", "title": "Lamps"}]
    action = {"button": "Choose", "sections": [{"title": "All", "rows": rows}]}
    menu = {"type": "list", "body": {"text": "?"}, "action": action}
    sim.send(ASHA, type="interactive", interactive=menu)
    page.get_by_test_id("button").click()
    page.get_by_test_id("row").filter(has_text="Lamps").click()
    expect(page.get_by_test_id("bubble").filter(has_text="Lamps")).to_be_visible()
    sim.settle()
    assert business.messages()[-1]["interactive"]["list_reply"]["id"] == "r2"


def test_a_phone_is_switched_off_and_on(page: Page, sim: Sim) -> None:
    hold(page, CHEN)
    page.get_by_test_id("options").click()
    page.get_by_test_id("toggle-online").uncheck()
    expect(page.get_by_test_id("composer")).to_be_disabled()
    sim.send(CHEN, **price_list())
    bubble = page.get_by_test_id("bubble")
    expect(bubble).to_have_attribute("data-status", "sent")
    page.get_by_test_id("toggle-online").check()
    expect(bubble).to_have_attribute("data-status", "read")


def test_somebody_is_added_and_held(page: Page, sim: Sim) -> None:
    page.get_by_test_id("add-person").click()
    page.get_by_test_id("add-name").fill("Devi")
    page.get_by_test_id("add-phone").fill("+91 98123 45671")
    page.get_by_test_id("add-submit").click()
    expect(page.get_by_test_id("whose")).to_contain_text("Devi")
    assert sim.control("GET", "/people/919812345671")["name"] == "Devi"


def test_nothing_is_fetched_from_elsewhere(page: Page, sim: Sim) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.get_by_test_id(f"person-{ASHA}")).to_be_visible()
    assert asked
    assert all(url.startswith(sim.handle.url) for url in asked)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
