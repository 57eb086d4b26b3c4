"""The main job as people see it: a phone on one side, the campaign page on the other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chaos.shop import Shop

ASHA = "919812345670"
PASSWORD = "drums along the river"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    opened = Shop(Path(tmp_path_factory.mktemp("story")))
    try:
        opened.open()
        yield opened
    finally:
        opened.close()


@pytest.fixture
def phone(browser: Browser, shop: Shop) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    assert shop.stack is not None
    page.goto(shop.stack.phone_url)
    page.get_by_test_id(f"person-{ASHA}").click()
    yield page
    page.close()


@pytest.fixture
def campaign_page(browser: Browser, shop: Shop) -> Iterator[Page]:
    """Signed in with the one-time password that was printed, then with one of one's own."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    assert shop.stack is not None
    page.goto(f"{shop.stack.url}/campaigns/price_list")
    page.get_by_test_id("login-name").fill("admin")
    page.get_by_test_id("login-password").fill(shop.password)
    page.get_by_test_id("login-submit").click()
    page.get_by_test_id("password-new").fill(PASSWORD)
    page.get_by_test_id("password-again").fill(PASSWORD)
    page.get_by_test_id("password-submit").click()
    page.get_by_test_id("campaign-price_list").get_by_role("link").first.click()
    yield page
    page.close()


def received(phone: Page, text: str) -> None:
    """The newest bubble from the shop says `text`."""
    bubble = phone.locator("[data-testid=bubble][data-direction=out]").last
    expect(bubble).to_contain_text(text, timeout=15_000)


def write(phone: Page, text: str) -> None:
    phone.get_by_test_id("composer").fill(text)
    phone.get_by_test_id("send").click()


def funnel(page: Page, state: str, number: int) -> None:
    expect(page.get_by_test_id(f"funnel-{state}")).to_have_text(
        re.compile(rf"^\s*{number}\s*$"), timeout=15_000
    )


def test_from_price_to_stop(phone: Page, campaign_page: Page, shop: Shop) -> None:
    funnel(campaign_page, "targeted", 0)

    write(phone, "price")
    received(phone, "Hi Asha, here is our price list")
    template = phone.locator("[data-testid=bubble][data-direction=out]").last
    expect(template).to_have_attribute("data-status", "read")
    funnel(campaign_page, "read", 1)

    template.get_by_test_id("button").filter(has_text="See offers").click()
    received(phone, "What are you cooking on?")

    write(phone, "STOP")
    received(phone, "You will get no more messages from us")
    write(phone, "stop")
    write(phone, "price")

    funnel(campaign_page, "skipped", 1)
    funnel(campaign_page, "targeted", 2)
    shop.sim("GET", "idle?wait_s=5")
    sent = [one["wa_id"] for one in shop.sim("GET", "sent")["sent"]]
    assert sent == [ASHA] * 3, "the price list, the offers and one confirmation"
