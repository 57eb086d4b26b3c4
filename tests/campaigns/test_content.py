"""What a template's places are filled with, in the template's order, and what is not sent."""

from typing import Any

import pytest

from campaigns import templates
from campaigns.messages import CampaignMessage
from contacts import texts
from tests.meta_openapi import problems
from whatsapp import messages

ASHA = {"contact": {"first_name": "Asha", "city": "Pune"}, "event": {"total": "1,200"}}
NOBODY: dict[str, Any] = {"contact": {}, "event": {}}


def content(context: dict[str, Any] = ASHA, **fields: Any) -> dict[str, Any]:
    message = CampaignMessage.model_validate({"template": "any", "language": "en", **fields})
    return templates.content(message, context)


def components(context: dict[str, Any] = ASHA, **fields: Any) -> list[dict[str, Any]]:
    return list(content(context, **fields)["template"].get("components", []))


def body(context: dict[str, Any] = ASHA, **fields: Any) -> list[dict[str, Any]]:
    return list(components(context, **fields)[-1]["parameters"])


def test_named_ones_carry_their_names() -> None:
    given = {"name": "{{ contact.first_name }}", "total": "₹{{ event.total }}"}

    assert body(parameters=given) == [
        {"type": "text", "parameter_name": "name", "text": "Asha"},
        {"type": "text", "parameter_name": "total", "text": "₹1,200"},
    ]


def test_counted_ones_go_in_their_order_and_without_names() -> None:
    assert body(parameters=["{{ contact.first_name }}", "{{ contact.city }}"]) == [
        {"type": "text", "text": "Asha"},
        {"type": "text", "text": "Pune"},
    ]


@pytest.mark.parametrize("places", [["2", "1"], [str(n) for n in range(11, 0, -1)]])
def test_places_that_are_written_out_of_order_are_put_in_order(places: list[str]) -> None:
    found = body(parameters={place: f"at {place}" for place in places})

    assert [one["text"] for one in found] == [f"at {n + 1}" for n in range(len(places))]


@pytest.mark.parametrize(
    ("header", "parameter"),
    [
        ({"text": "For {{ contact.first_name }}"}, {"type": "text", "text": "For Asha"}),
        (
            {"image": {"link": "https://x.in/a.jpg"}},
            {"type": "image", "image": {"link": "https://x.in/a.jpg"}},
        ),
        ({"video": {"id": "123"}}, {"type": "video", "video": {"id": "123"}}),
        ({"document": {"id": "123"}}, {"type": "document", "document": {"id": "123"}}),
    ],
)
def test_a_header_is_a_text_or_a_medium(header: dict[str, Any], parameter: dict[str, Any]) -> None:
    assert components(header=header) == [{"type": "header", "parameters": [parameter]}]


def test_each_button_stands_at_its_place() -> None:
    buttons = {2: {"code": "DIWALI20"}, 0: {"url": "{{ contact.city }}"}, 1: {"payload": "YES"}}

    found = components(buttons=buttons)

    assert [(one["sub_type"], str(one["index"])) for one in found] == [
        ("url", "0"),
        ("quick_reply", "1"),
        ("copy_code", "2"),
    ]
    assert [list(one["parameters"][0].values())[-1] for one in found] == [
        "Pune", "YES", "DIWALI20",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"parameters": {"name": "{{ contact.first_name }}"}},
        {"parameters": ["a", "b"], "header": {"text": "{{ contact.city }}"}},
        {"header": {"video": {"id": "123"}}, "buttons": {0: {"url": "x"}, 1: {"payload": "YES"}}},
        {"header": {"document": {"id": "123"}}, "buttons": {0: {"code": "DIWALI20"}}},
    ],
)
def test_each_of_them_fits_metas_own_file(fields: dict[str, Any]) -> None:
    body_of_all = messages.envelope(content(**fields), wa_id="919812345670", bsuid=None)

    assert problems(body_of_all) == []


def test_a_template_that_wants_nothing_gets_nothing() -> None:
    assert components() == []


def test_a_default_stands_in_for_what_is_not_known() -> None:
    given = {"name": "{{ contact.first_name | default('friend') }}"}

    assert body(NOBODY, parameters=given)[0]["text"] == "friend"
    assert body(parameters=given)[0]["text"] == "Asha"


@pytest.mark.parametrize(
    "fields",
    [
        {"parameters": ["{{ contact.nickname }}"]},
        {"parameters": {"name": "  {{ contact.nickname }} "}},
        {"header": {"text": "{{ contact.nickname }}"}},
        {"buttons": {0: {"url": "{{ contact.nickname }}"}}},
    ],
)
def test_nothing_is_sent_with_an_empty_place(fields: dict[str, Any]) -> None:
    with pytest.raises(texts.TextError, match="give it a default"):
        content(**fields)


def test_why_a_text_failed_names_nobody() -> None:
    with pytest.raises(texts.TextError) as caught:
        content(parameters=["{{ contact.first_name + 1 }}"])

    assert "Asha" not in str(caught.value)
