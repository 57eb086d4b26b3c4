"""A form and a document say the same, and a form takes nothing away that it does not show."""

from typing import Any

import pytest

from admin.campaign_fields import at_fields, document, values
from campaigns.documents import InvalidCampaignError, Problem, read
from campaigns.templates import Slots

OFFER: dict[str, Any] = {
    "campaign": "diwali_offer",
    "type": "one_time",
    "message": {
        "template": "diwali", "language": "en", "parameters": {"first_name": "{{ contact.name }}"},
        "header": {"image": {"link": "https://example.org/a.png"}},
        "buttons": {"0": {"payload": "YES"}, "1": {"url": "42"}},
    },
    "audience": {
        "segments": ["vip", "pune"], "exclude_segments": ["staff"],
        "where": {"attributes.city": {"in": ["Pune", "Mumbai"]}},
    },
    "schedule": {"at": "2026-11-30T10:00", "timezone": "recipient"},
    "limits": {"rate_per_s": 80, "stop_if_failing": "25%", "over_limit": "drop"},
    "goal": {"event": "order_placed", "within": "7d"},
    "priority": 7,
}  # fmt: skip
SLOTS = Slots(("first_name",), True, False, "image", (("QUICK_REPLY", False), ("URL", True)))
CART: dict[str, Any] = {
    "campaign": "cart",
    "type": "triggered",
    "message": {"text": "Still there?", "buttons": [{"id": "A", "title": "Yes"}]},
    "trigger": {"event": "cart_abandoned", "where": {"total": {"gte": 1000}}},
    "delay": "30m",
    "cancel_if": {"event": "order_placed"},
    "reentry": {"cooldown": "7d"},
    "active_hours": {"between": ["09:00", "18:00"]},
}
EVERY = [(OFFER, SLOTS), (CART, None)]


@pytest.mark.parametrize(("written", "wanted"), EVERY)
def test_saving_what_was_not_touched_changes_nothing(
    written: dict[str, Any], wanted: Slots | None
) -> None:
    read(written)

    assert document(values(written), written, wanted) == written


@pytest.mark.parametrize(("written", "wanted"), EVERY)
def test_a_form_makes_the_document_that_a_file_would_hold(
    written: dict[str, Any], wanted: Slots | None
) -> None:
    unshown = {"priority", "active_hours"}
    made = document(values(written), {"type": written["type"]}, wanted)

    assert read({"campaign": "x", **made})
    for key in written.keys() - unshown - {"campaign", "message", "trigger", "limits"}:
        assert made[key] == written[key]


def test_an_emptied_field_is_taken_out_with_the_group_that_held_it() -> None:
    given = {**values(OFFER), "at": "", "goal_event": "", "goal_within": "", "where": " "}

    made = document(given, OFFER, SLOTS)

    assert made.keys() == OFFER.keys() - {"goal", "schedule"}
    assert made["audience"].keys() == {"segments", "exclude_segments"}


def test_another_template_takes_nothing_of_the_last_one_with_it() -> None:
    given = {**values(OFFER), "template": "plain:hi"}

    made = document(given, OFFER, Slots((), False, False, None, ()))

    assert made["message"] == {"template": "plain", "language": "hi"}


def test_a_template_that_counts_its_variables_gets_them_in_order() -> None:
    given = {"template": "old:en", "param.1": "a", "param.2": "b"}

    made = document(given, {"type": "one_time"}, Slots(("1", "2"), False, False, None, ()))

    assert made["message"]["parameters"] == ["a", "b"]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("where", "{city"), ("where", "attributes.city: {is: Pune}"), ("where", "Pune"),
        ("rate_per_s", "many"), ("stop_if_failing", "some"), ("timezone", "Mars"),
        ("at", "soon"), ("goal_within", "ages"), ("segments", ""), ("template", ""),
        ("param.first_name", "{% for a in b %}"), ("header", "nowhere"), ("segments", "a b"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(field: str, given: str) -> None:
    written = {**OFFER, "audience": {"segments": ["vip"]}} if field == "segments" else OFFER

    with pytest.raises(InvalidCampaignError) as caught:
        read(document({**values(written), field: given}, written, SLOTS))

    assert list(at_fields(caught.value.problems)) == [field]


def test_what_belongs_to_no_field_is_said_with_its_path() -> None:
    assert at_fields([Problem("priority", "is no number")]) == {"": ["priority: is no number"]}
