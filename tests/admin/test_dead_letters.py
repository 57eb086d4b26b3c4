"""Whoever signed in sees what was set aside, and decides on it."""

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from store import dead_letters, inbox, mongo
from tests.admin.conftest import post
from tests.admin.test_browser import page, url
from tests.clock import NOW
from tests.ops.test_dead_letters_cli import letter
from webhooks.rows import of_body

__all__ = ["page", "url"]  # fixtures
LIST = "/events/dead"


def names(client: FlaskClient) -> list[str]:
    return re.findall(r"<code>(\w{12})</code>", client.get(LIST).text)


def test_the_list_tells_kind_reason_tries_and_age_but_no_text(
    asha: FlaskClient, db: mongo.Db
) -> None:
    inbox.journal(db, [letter()])

    text = asha.get(LIST).text

    for told in ("message", "3 tries", "ValueError: a line", "ago"):
        assert told in text, told
    assert "price" not in text
    assert "wamid" not in text


def test_one_is_shown_with_what_it_says(asha: FlaskClient, db: mongo.Db) -> None:
    inbox.journal(db, [letter()])
    (name,) = names(asha)

    text = asha.get(f"{LIST}/{name}").text

    assert "&#34;text&#34;: &#34;price&#34;" in text
    assert asha.get(f"{LIST}/nobody").status_code == 404


def test_a_retry_puts_it_back_with_the_name_of_who_did(asha: FlaskClient, db: mongo.Db) -> None:
    inbox.journal(db, [letter()])
    (name,) = names(asha)

    assert post(asha, f"{LIST}/{name}/retry", see=LIST).location == LIST

    text = asha.get(LIST).text
    assert "back in line" in text
    assert "Nothing is set aside" in text
    row = db.inbox.find_one({})
    assert row is not None
    assert (row["state"], row["put_back"][0]["by"]) == ("new", "Asha")


def test_all_are_retried_with_one_button(asha: FlaskClient, db: mongo.Db) -> None:
    inbox.journal(db, [letter(1), letter(2)])

    post(asha, f"{LIST}/retry", see=LIST)

    assert "2 are back in line" in asha.get(LIST).text


def test_an_unreadable_one_has_no_retry_and_says_why(asha: FlaskClient, db: mongo.Db) -> None:
    inbox.journal(db, of_body(b"no <b>json</b>", NOW))
    (name,) = names(asha)

    assert 'data-testid="retry' not in asha.get(LIST).text
    shown = asha.get(f"{LIST}/{name}").text
    assert "nothing to retry" in shown
    assert "no &lt;b&gt;json&lt;/b&gt;" in shown
    post(asha, f"{LIST}/{name}/retry", see=LIST)
    assert "unreadable again" in asha.get(LIST).text
    post(asha, f"{LIST}/{name}/drop", see=LIST)
    assert "It is dropped" in asha.get(LIST).text


@pytest.mark.parametrize("step", ["retry", "drop"])
def test_nothing_is_decided_without_a_token_or_a_login(
    asha: FlaskClient, stranger: FlaskClient, db: mongo.Db, step: str
) -> None:
    inbox.journal(db, [letter()])
    (name,) = names(asha)

    assert asha.post(f"{LIST}/{name}/{step}").status_code == 400
    assert stranger.post(f"{LIST}/{name}/{step}").location.startswith("/login")
    assert stranger.get(f"{LIST}/{name}").location.startswith("/login")

    assert dead_letters.count(db, at_most=10) == 1


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_in_a_browser_dropping_asks_once_more(page: Page, db: mongo.Db, width: int) -> None:
    inbox.journal(db, [letter(1), letter(2)])
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(LIST)
    expect(page.get_by_test_id("drop").first).to_be_hidden()
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")

    page.get_by_text("Drop…").first.click()
    page.get_by_test_id("drop").first.click()

    expect(page.get_by_test_id("flash")).to_have_text("It is dropped.")
    page.get_by_test_id("retry").click()
    expect(page.get_by_test_id("flash")).to_contain_text("back in line")
    assert dead_letters.count(db, at_most=10) == 0
