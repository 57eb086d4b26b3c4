"""Links of a campaign's message go through ours as it leaves; what is kept has the author's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from config.settings import Settings
from deliveries import link_tokens, links, send
from deliveries.links import Links
from store.documents.contact import Contact
from store.documents.delivery import Delivery, Purpose
from tests import makers
from tests.meta_openapi import problems
from whatsapp import messages

BASE = "https://go.shop.example"
LED = Links(BASE, link_tokens.key("a secret"))
LONG = "https://shop.example/" + "x" * 100
PERSON: Contact = {"wa_id": "919812345670", "bsuid": None}  # type: ignore[typeddict-item]  # all that is read


def owed(message: dict[str, Any], **fields: Any) -> Delivery:
    given = {"campaign": "diwali", "purpose": Purpose.CAMPAIGN, **fields}
    return makers.delivery(message=message, **given)


def posted(delivery: Delivery, led: Links | None = LED) -> dict[str, Any]:
    body = send.body_of(delivery, PERSON, led=led)
    assert problems(body) == []
    return body


def text_of(text: str, **fields: Any) -> str:
    return str(posted(owed(messages.text(text), **fields))["text"]["body"])


def leads_to(url: str) -> str | None:
    """The target that a link of ours carries."""
    assert url.startswith(f"{BASE}/r/")
    named = LED.read(url.removeprefix(f"{BASE}/r/"))
    assert named is not None
    return named.target


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://a.example/x?y=1#z.", ["https://a.example/x?y=1#z"]),
        ("(https://a.example/x_(y))", ["https://a.example/x_(y)"]),
        ("*https://a.example*, _http://b.example/_", ["https://a.example", "http://b.example/"]),
        ("https://a.example/x_ and HTTPS://B.example!", ["https://a.example/x_", "HTTPS://B.example"]),
        ("https://a.example https://a.example", ["https://a.example"]),
        ("ftp://a.example http:// https://[ www.a.example", []),
        ("यहाँ https://दुकान.भारत/दीया।", ["https://दुकान.भारत/दीया"]),
    ],
)  # fmt: skip
def test_links_end_where_the_sentence_goes_on(text: str, found: list[str]) -> None:
    assert links.targets(messages.text(text)) == found


def test_a_text_has_ours_for_each_of_its_links_and_the_rest_as_it_was() -> None:
    text = text_of("Lamps (https://a.example/lamps), oil: http://b.example.")

    before, between, after = text.split(BASE)
    assert before == "Lamps ("
    assert between.endswith("), oil: ")
    assert after.endswith(".")
    assert leads_to(BASE + between.removesuffix("), oil: ")) == "https://a.example/lamps"
    assert leads_to(BASE + after.removesuffix(".")) == "http://b.example"


def test_a_text_above_buttons_has_them_too() -> None:
    body = posted(owed(messages.buttons("https://a.example", [("YES", "Yes")])))

    assert leads_to(body["interactive"]["body"]["text"]) == "https://a.example"


def test_a_long_target_is_left_to_be_looked_up() -> None:
    assert leads_to(text_of(LONG)) is None


def test_a_text_never_grows_beyond_metas_limit() -> None:
    near = "https://shop.example/" + "x" * 40
    filler = "." * (messages.TEXT_MAX - len(near) - 10)
    assert leads_to(text_of(f"{near} {filler}").split(" ")[0]) is None  # a shorter one fits

    short = "https://a.in"
    full = f"{short} {'.' * (messages.TEXT_MAX - len(short) - 1)}"
    assert text_of(full) == full


def test_only_what_campaigns_send_is_led_and_only_where_it_is_asked_for() -> None:
    text = "https://a.example"

    assert text_of(text, purpose=Purpose.REPLY) == text
    assert text_of(text, campaign=None) == text
    assert posted(owed(messages.text(text)), led=None)["text"]["body"] == text
    assert text_of(text, purpose=Purpose.ANSWER) != text
    assert text_of(text, purpose=Purpose.TEST) != text


def test_a_template_button_of_ours_gets_the_token_and_others_stay() -> None:
    content = messages.template(
        "diwali", "en", [messages.url_suffix(0, "lamps"), messages.url_suffix(1, "https://a.in/x")]
    )
    delivery = owed({**content, links.LANDING: [1]})

    other, ours = posted(delivery)["template"]["components"]

    assert other["parameters"][0]["text"] == "lamps"
    assert leads_to(f"{BASE}/r/{ours['parameters'][0]['text']}") == "https://a.in/x"
    assert links.targets(delivery["message"]) == ["https://a.in/x"]


def test_a_link_is_called_by_its_place_and_by_where_it_leads() -> None:
    message = messages.text("https://a.in/x?for=Asha https://b.in")

    assert links.called(message, "link:1") == {
        "link:1",
        "https://a.in/x",
        "https://a.in/x?for=Asha",
    }
    assert links.called(message, "link:2") == {"link:2", "https://b.in"}
    assert links.called({}, "link:1") == {"link:1"}  # of an erased person


@examples(deadline=None)
@given(st.text())
def test_any_text_is_led_without_harm(text: str) -> None:
    delivery = owed({"type": "text", "text": {"body": text}})

    led = LED.placed(delivery, delivery["message"])["text"]["body"]

    assert (led == text) is (not links.targets(delivery["message"]))


def test_it_is_off_without_its_setting(settings: Settings) -> None:
    assert links.of(settings) is None
    made = links.of(settings.model_copy(update={"links_url": BASE}))
    assert made is not None
    assert made.base == BASE
