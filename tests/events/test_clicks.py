"""A tapped link is `clicked`: counted and told once a person and link, in order with the rest."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from app import create_app
from campaigns import life, service, templates
from config import clock
from config.settings import Settings
from deliveries import links, tellings
from events import happened
from reports import campaign as report
from reports import verify
from rules import publish
from rules.books import Books
from store import inbox
from tests.campaigns.drips import School, drip
from tests.conftest import control
from tests.events.conftest import ASHA, House
from workers import fires as workers_fires

BASE = "http://127.0.0.1:8000"
LAMPS, OIL = "https://shop.example/lamps?for=Asha", "https://shop.example/oil"
OFFER: dict[str, Any] = {
    "campaign": "offer",
    "type": "triggered",
    "trigger": {"intent": "offer"},
    "message": {
        "text": f"Lamps: {LAMPS} and oil: {OIL}",
        "buttons": [{"id": "YES", "title": "Yes"}],
    },
}
RULES = """
intents: {offer: {words: [offer]}}
rules:
  - rule: any_link
    when: {campaign: offer, event: clicked}
    then: [{add_to_segment: clickers}, {reply: "See https://shop.example too"}]
  - rule: lamps
    when: {campaign: offer, event: clicked, link: {has: "https://shop.example/lamps"}}
    then: [{increment: lamps}]
  - rule: oil
    when: {campaign: offer, event: clicked, link: {has: "link:2"}}
    then: [{add_to_segment: oil}]
  - rule: lazy
    when: {campaign: offer, event: not_clicked, after: 2h}
    then: [{add_to_segment: lazy}]
"""
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130.0 Mobile Safari/537.36"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"links_url": BASE})


@pytest.fixture
def offered(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Asha asked for the offer, and has it."""
    db = house.rt.db
    words = "intents: {offer: {words: [offer]}}"
    publish.publish(db, {"rules.yaml": words}, by="test", note="", now=house.now)
    service.define(db, "offer", OFFER, "test", house.now)
    life.start(db, "offer", "test", house.now)
    publish.publish(db, {"rules.yaml": RULES}, by="test", note="", now=house.now)
    house = replace(house, books=Books(house.rt.settings))
    monkeypatch.setattr(clock, "now", house.clock)
    house.says(ASHA, "offer")
    return house


@pytest.fixture
def phone(settings: Settings) -> Iterator[FlaskClient]:
    """A browser of somebody's."""
    app = create_app(settings)
    yield app.test_client()
    app.extensions["drumbeat"].db.client.close()


def received(house: House) -> list[str]:
    """The paths of the links in what Asha got."""
    text = house.texts()[0]
    assert LAMPS not in text
    return [link.removeprefix(BASE) for link in re.findall(r"http\S+", text)]


def taps(house: House, phone: FlaskClient, path: str, **headers: str) -> str:
    """Where it led her."""
    answer = phone.get(path, headers={**PHONE, **headers})
    house.drain()
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def delivery(house: House) -> dict[str, Any]:
    [row] = house.rt.db.deliveries.find({"campaign": "offer"})
    return row


def tallies(house: House) -> dict[str, Any]:
    run = house.rt.db.runs.find_one({"campaign": "offer"})
    assert run is not None
    return dict(run["tallies"])


def test_the_first_tap_of_each_link_is_counted_and_told_once(
    offered: House, phone: FlaskClient
) -> None:
    lamps, oil = received(offered)

    led = [taps(offered, phone, path) for path in (lamps, lamps, oil, lamps)]
    assert led == [LAMPS, LAMPS, OIL, LAMPS]

    row = delivery(offered)
    assert (row["clicks"], row["times"]["clicked"]) == (["link:1", "link:2"], offered.now)
    assert row["reply"] is None
    counted = tallies(offered)
    assert (counted["clicked"], counted["button"]) == (1, {"link:1": 1, "link:2": 1})
    asha = offered.contact(ASHA)
    assert asha["attributes"] == {"lamps": 1}
    assert sorted(asha["segments"]) == ["clickers", "oil"]
    assert verify.problems(offered.rt.db) == []


def test_a_reply_of_rules_keeps_its_links(offered: House, phone: FlaskClient) -> None:
    taps(offered, phone, received(offered)[0])

    assert offered.texts()[1] == "See https://shop.example too"


def test_a_tapped_button_and_a_tapped_link_are_one_who_clicked(
    offered: House, phone: FlaskClient
) -> None:
    taps(offered, phone, received(offered)[1])
    offered.taps(ASHA, "YES", "Yes", quoted=offered.sent()[0]["wamid"])

    counted = tallies(offered)
    assert (counted["clicked"], counted["replied"]) == (1, 1)
    assert counted["button"] == {"link:2": 1, "YES": 1}
    assert verify.problems(offered.rt.db) == []


def test_two_taps_that_are_handled_together_count_both(offered: House, phone: FlaskClient) -> None:
    for path in received(offered):
        phone.get(path, headers=PHONE)
    offered.drain()

    assert delivery(offered)["clicks"] == ["link:1", "link:2"]
    assert tallies(offered)["clicked"] == 1
    assert sorted(offered.contact(ASHA)["segments"]) == ["clickers", "oil"]


def test_who_tapped_within_the_time_is_not_told_as_not_clicked(
    offered: House, phone: FlaskClient
) -> None:
    offered.now += timedelta(hours=1)
    taps(offered, phone, received(offered)[0])
    offered.now += timedelta(hours=2)
    workers_fires.strike(offered.rt, offered.clock)
    offered.drain()

    assert "lazy" not in offered.contact(ASHA)["segments"]


def test_who_tapped_too_late_had_not(offered: House, phone: FlaskClient) -> None:
    offered.now += timedelta(hours=3)
    phone.get(received(offered)[0], headers=PHONE)
    workers_fires.strike(offered.rt, offered.clock)
    offered.drain()

    assert {"lazy", "clickers"} <= set(offered.contact(ASHA)["segments"])


def test_a_repeated_row_changes_nothing(offered: House, phone: FlaskClient) -> None:
    taps(offered, phone, received(offered)[0])
    before, asha = delivery(offered), offered.contact(ASHA)
    offered.rt.db.inbox.update_many({"kind": "campaign"}, {"$set": {"state": "new"}})

    offered.drain()

    assert (delivery(offered), tallies(offered)["clicked"]) == (before, 1)
    assert offered.contact(ASHA)["attributes"] == asha["attributes"]


@pytest.mark.parametrize(("stop", "state"), [("clicked", "stopped"), ("replied", "active")])
def test_a_tapped_link_stops_a_drip_that_ends_with_a_click_and_is_no_answer(
    house: House, stop: str, state: str
) -> None:
    service.define(house.rt.db, "welcome", drip(stop_when=[stop]), "test", house.now)
    life.start(house.rt.db, "welcome", "test", house.now)
    greet = "rules: [{rule: greet, when: {text: hello}, then: [{enrol: welcome}]}]"
    publish.publish(house.rt.db, {"rules.yaml": greet}, by="test", note="", now=house.now)
    house.books = Books(house.rt.settings)
    school = School(house.rt, house.meta, house.now)
    house.says(ASHA, "hello")
    school.tick()
    [row] = house.rt.db.deliveries.find({"campaign": "welcome"})
    asha = house.contact(ASHA)

    tap = tellings.item(row["_id"], "clicked", asha, at=house.now, now=house.now, link="link:1")
    inbox.journal(house.rt.db, [tap])
    house.drain()

    assert school.enrolment()["state"] == state


def test_what_happened_can_be_told_again_with_its_link(offered: House, phone: FlaskClient) -> None:
    for path in received(offered):
        taps(offered, phone, path)

    since = offered.now - timedelta(days=1)
    names = frozenset({"clicked", "replied"})
    told = list(
        happened.of_deliveries(
            offered.rt.db, since, names, {"offer": "triggered"}, lambda _: frozenset(), offered.now
        )
    )

    assert [one.event.name for one in told] == ["clicked", "clicked"]
    assert [one.event.link for one in told] == [
        links.called(delivery(offered)["message"], name) for name in ("link:1", "link:2")
    ]
    recorded = {row["_id"] for row in offered.rt.db.events.find({"name": "clicked"})}
    assert {one.event.id for one in told} == recorded


def test_the_report_names_links_beside_buttons(offered: House, phone: FlaskClient) -> None:
    taps(offered, phone, received(offered)[1])

    told = report.of_campaign(offered.rt.db, "offer", ZoneInfo("UTC"))
    assert told is not None
    assert (told["clicked"], told["clicks_by_button"]) == (1, {"link:2": 1})


def test_a_templates_button_leads_through_ours(
    house: House, phone: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    button = {"type": "URL", "text": "See", "url": f"{BASE}/r/{{{{1}}}}", "example": ["x"]}
    parts = [{"type": "BODY", "text": "Lamps"}, {"type": "BUTTONS", "buttons": [button]}]
    lamps: dict[str, Any] = {"id": "7", "name": "lamps", "language": "en", "status": "APPROVED"}
    lamps |= {"category": "MARKETING", "components": parts}
    control(house.meta, "PUT", "templates", {"data": [lamps]})
    templates.sync(house.rt, house.now)
    words = "intents: {offer: {words: [offer]}}"
    publish.publish(house.rt.db, {"r.yaml": words}, by="test", note="", now=house.now)
    house.books = Books(house.rt.settings)
    message = {"template": "lamps", "language": "en", "buttons": {"0": {"url": LAMPS}}}
    service.define(house.rt.db, "offer", {**OFFER, "message": message}, "test", house.now)
    life.start(house.rt.db, "offer", "test", house.now)
    monkeypatch.setattr(clock, "now", house.clock)
    house.says(ASHA, "offer")

    [sent] = house.sent()
    [part] = sent["body"]["template"]["components"]
    token = part["parameters"][0]["text"]

    assert taps(house, phone, f"/r/{token}") == LAMPS
    assert delivery(house)["clicks"] == ["link:1"]
