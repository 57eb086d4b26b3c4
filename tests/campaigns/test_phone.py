"""A message as a phone shows it, and whose eyes it is seen through."""

from typing import Any

import pytest

from campaigns import phone, samples, service, templates
from campaigns.messages import CampaignMessage
from campaigns.phone import Bubble, Tap
from simulator.templates import samples as metas
from tests.campaigns.conftest import OFFER, Market
from tests.clock import NOW
from tests.makers import ASHA, make_contact
from whatsapp import messages

OURS = {one["name"]: templates._document(one, NOW) for one in metas()}
ASHA_SPEAKS: dict[str, Any] = {"contact": {"first_name": "Asha"}, "event": {}}


def shown(name: str, **fields: Any) -> Bubble:
    template = OURS[name]
    given = {"template": name, "language": template["language"], **fields}
    message = CampaignMessage.model_validate(given)
    return phone.bubble(templates.content(message, ASHA_SPEAKS, template), template)


def test_a_template_is_shown_with_everything_that_fills_it_in() -> None:
    seen = shown(
        "diwali_offer",
        header={"image": {"link": "https://x.in/a.jpg"}},
        parameters={"first_name": "{{ contact.first_name }}"},
        buttons={0: {"url": "asha"}, 1: {"payload": "YES"}},
    )

    assert seen.file == ("image", "https://x.in/a.jpg")
    assert seen.body == "Happy Diwali, Asha! 20% off everything until Sunday."
    assert seen.footer.startswith("Tap Not interested")
    assert seen.taps == (
        Tap("Shop now", "link", "https://shop.example.com/diwali/asha"),
        Tap("Interested", "reply", "YES"),
        Tap("Not interested", "reply", "Not interested"),
    )


def test_counted_variables_are_filled_in_by_their_place() -> None:
    assert "A-1" in shown("order_update", parameters=["A-1", "today"]).body
    assert shown("hello_world").header == "Hello World"


@pytest.mark.parametrize(
    ("part", "tap"),
    [
        (
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+91"},
            Tap("Call", "call", "+91"),
        ),
        ({"type": "COPY_CODE", "text": "Copy"}, Tap("Copy", "copy", "SAVE20")),
        ({"type": "FLOW", "text": "Book"}, Tap("Book", "flow")),
        ({"type": "CATALOG", "text": "See"}, Tap("See", "other")),
    ],
)
def test_each_button_shows_what_it_does(part: dict[str, Any], tap: Tap) -> None:
    template = {**OURS["hello_world"], "components": [{"type": "BUTTONS", "buttons": [part]}]}
    coupon = [messages.coupon(0, "SAVE20")] if part["type"] == "COPY_CODE" else []

    seen = phone.bubble(messages.template("hello_world", "en_US", coupon), template)  # type: ignore[arg-type]  # as Meta has it

    assert seen.taps == (tap,)


def test_a_place_shows_its_name_or_where_it_is() -> None:
    template = {**OURS["hello_world"], "components": [{"type": "HEADER", "format": "LOCATION"}]}
    place = {"latitude": "18.5", "longitude": "73.8"}
    named = messages.header("location", **place, name="Shop", address="MG Road")

    for header, expected in ((messages.header("location", **place), "18.5, 73.8"),
                             (named, "Shop · MG Road")):  # fmt: skip
        sent = messages.template("hello_world", "en_US", [header])
        assert phone.bubble(sent, template).file == ("location", expected)  # type: ignore[arg-type]  # as above


def test_texts_with_buttons_and_lists_are_shown_too() -> None:
    assert phone.bubble(messages.text("Hi"), None) == Bubble("Hi")
    assert phone.bubble(messages.buttons("Which?", [("A", "Pans")]), None).taps == (
        Tap("Pans", "reply", "A"),
    )
    rows = messages.list_of("Which?", "Choose", [(None, [("a", "Tawa", "20% off")])])
    assert phone.bubble(rows, None).taps == (Tap("Tawa", "list", "20% off"),)


def test_a_template_that_is_not_known_is_said_to_be_so() -> None:
    assert "not known" in phone.bubble(messages.template("gone", "en"), None).body


def test_somebody_from_the_audience_is_shown_whom_it_can_be_filled_in_for(market: Market) -> None:
    market.person(1, attributes={"first_name": " "})
    good = market.person(2, attributes={"first_name": "Bilal"})
    market.define()

    sample = samples.of(market.rt, "diwali_offer", market.now)

    assert sample.person is not None
    assert sample.person["_id"] == good["_id"]
    assert sample.bubble is not None
    assert "Bilal" in sample.bubble.body


def test_it_may_be_seen_through_anybodys_eyes(market: Market) -> None:
    make_contact(market.rt.db, ASHA, attributes={"first_name": "Asha"})
    market.define()

    def seen(number: str) -> samples.Sample:
        return samples.of(market.rt, "diwali_offer", market.now, number)

    asha = seen("+" + ASHA)
    assert asha.bubble is not None
    assert "Asha" in asha.bubble.body
    assert "not a valid phone number" in (seen("x").fault or "")
    assert "is known" in (seen("+14155550123").fault or "")


def test_whom_it_cannot_be_filled_in_for_is_told(market: Market) -> None:
    market.person(1, attributes={"first_name": " "})
    market.define()

    sample = samples.of(market.rt, "diwali_offer", market.now)

    assert sample.bubble is None
    assert "give it a default" in (sample.fault or "")


def test_without_people_there_is_nothing_to_see(market: Market) -> None:
    service.define(market.rt.db, "diwali_offer", OFFER, "asha", market.now)

    assert samples.of(market.rt, "diwali_offer", market.now).person is None
