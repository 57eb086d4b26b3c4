"""The shop's own rule files, as a newcomer finds them."""

from pathlib import Path

import pytest

from rules import files
from rules.check import check
from rules.event import Event
from tests.rules.conftest import OpenBook
from tests.rules.people import fired, happened, message

FOLDER = Path(__file__).parents[2] / "rules" / "files"


def test_they_have_no_problems() -> None:
    assert check(files.read_dir(FOLDER)) == []


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        (message("How much is the tawa?"), ["price_to_catalogue"]),
        (message("इस तवे की कीमत क्या है?"), ["price_to_catalogue"]),
        (message("surprise me"), []),
        (message("Namaste 🙏"), ["welcome"]),
        (message(button="SEE_OFFERS", button_title="See offers"), ["offers_menu"]),
        (message(button="OFFER_TAWA"), ["picked_an_offer"]),
        (message(button="TALK", button_title="Talk to us"), ["talk_in_shop_hours"]),
        (message("Where is my order?"), ["order_status"]),
        (happened("replied", campaign="diwali_offer", button="INTERESTED"), ["hot_lead"]),
        (happened("replied", campaign="diwali_offer", button="NOT_NOW"), ["not_this_time"]),
        (
            happened(
                "not_replied", campaign="diwali_offer", after_s=172_800, reached=frozenset({"read"})
            ),
            ["read_but_silent"],
        ),
        (happened("not_replied", campaign="diwali_offer", after_s=172_800), []),
        (happened("replied", campaign="holi", button="INTERESTED"), []),
        (happened("failed", campaign="holi", error_code=131026), ["unreachable"]),
        (happened("failed", campaign="holi", error_code=131049), []),
    ],
    ids=lambda v: (v.text or v.button or v.name) if isinstance(v, Event) else "",
)  # fmt: skip
def test_what_they_do(open_book: OpenBook, event: Event, rules: list[str]) -> None:
    assert fired(open_book(files.read_dir(FOLDER)), event) == rules
