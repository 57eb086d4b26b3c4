"""Everything we can send is held to Meta's own OpenAPI file."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from tests.meta_openapi import problems
from whatsapp import messages

Content = dict[str, Any]
ASHA = {"wa_id": "919812345670", "bsuid": None}
HIDDEN = {"wa_id": None, "bsuid": "IN.13491208655302741918"}


def in_template(*components: Content) -> Content:
    return messages.template("price_list", "en", components)


EACH_KIND: dict[str, list[Content]] = {
    "text": [messages.text("hello"), messages.text("see https://x.in", preview_url=True)],
    "buttons": [
        messages.buttons("Which?", [("A", "Pans")]),
        messages.buttons("Which?", [("A", "Pans"), ("B", "Pots"), ("C", "Lids")], footer="or ask"),
    ],
    "list_of": [
        messages.list_of("Which?", "Choose", [(None, [("a", "Tawa", "20% off")])]),
        messages.list_of(
            "Which?",
            "Choose",
            [("Pans", [("a", "Tawa", None)]), ("Pots", [("b", "Handi", "new")])],
            footer="or ask",
        ),
    ],
    "template": [messages.template("hello_world", "en_US")],
    "media": [
        *(messages.media(kind, id_="2871834006348767") for kind in ("image", "video", "audio")),
        messages.media("document", link="https://x.in/a.pdf", caption="Prices", filename="a.pdf"),
        messages.media("sticker", id_="2871834006348767"),
    ],
    "header": [
        in_template(messages.header("text", text="Diwali")),
        *(
            in_template(messages.header(kind, **source))
            for kind in ("image", "video", "document")
            for source in ({"link": "https://x.in/a"}, {"id": "2871834006348767"})
        ),
        in_template(
            messages.header(
                "location", latitude="18.52", longitude="73.85", name="Shop", address="MG Road"
            )
        ),
    ],
    "body": [
        in_template(messages.body([("first_name", "Asha")])),
        in_template(messages.body([(None, "Asha"), (None, "A-1001")])),
    ],
    "quick_reply": [in_template(messages.quick_reply(0, "SEE_OFFERS"))],
    "url_suffix": [in_template(messages.url_suffix(1, "asha"))],
    "flow": [
        in_template(messages.flow(0, "unused", {})),
        in_template(messages.flow(0, "t-1", {"city": "Pune"})),
    ],
    "coupon": [in_template(messages.coupon(2, "DIWALI20"))],
}


@pytest.mark.parametrize("kind", EACH_KIND)
@pytest.mark.parametrize("to", [ASHA, HIDDEN], ids=["to a number", "to a BSUID"])
@pytest.mark.parametrize("more", [{}, {"quoted": "wamid.x"}], ids=["new", "quoting"])
def test_every_kind_fits_metas_own_file(
    kind: str, to: dict[str, str | None], more: dict[str, str]
) -> None:
    for content in EACH_KIND[kind]:
        body = messages.envelope(content, **to, callback_data="65f0c0ffee", **more)
        assert problems(body) == [], body


def test_no_kind_is_forgotten_here() -> None:
    builders: list[tuple[str, Callable[..., Any]]] = inspect.getmembers(
        messages, lambda one: inspect.isfunction(one) and one.__module__ == messages.__name__
    )
    public = {name for name, _ in builders if not name.startswith("_")}

    assert public - {"envelope"} == set(EACH_KIND)


def test_a_number_is_written_with_a_plus() -> None:
    body = messages.envelope(messages.text("hi"), wa_id="919812345670", bsuid="IN.1")

    assert body["to"] == "+919812345670"
    assert "recipient" not in body


def test_a_bsuid_never_stands_in_to() -> None:
    body = messages.envelope(messages.text("hi"), wa_id=None, bsuid="IN.1349")

    assert body["recipient"] == "IN.1349"
    assert "to" not in body


def test_a_message_to_nobody_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="a phone number or a BSUID"):
        messages.envelope(messages.text("hi"), wa_id=None, bsuid=None)
