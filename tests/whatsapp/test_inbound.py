"""What one update says, in our words; whatever it is made of, it can be read and kept."""

import json
from dataclasses import asdict
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import NOW
from tests.whatsapp.test_payloads import item_of
from whatsapp import inbound


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("message_text", {"type": "text", "text": "Does it come in another colour? नमस्ते"}),
        ("message_image", {"text": "Is this in stock?", "media_id": "65463453"}),
        ("message_video", {"text": "see", "media_id": "65463453"}),
        ("message_audio", {"text": None, "media_id": "65463453"}),
        ("message_document", {"text": "my order", "media_id": "65463453"}),
        ("message_sticker", {"text": None, "media_id": "65463453"}),
        ("message_location", {"type": "location", "text": None, "media_id": None}),
        ("message_contacts", {"type": "contacts", "text": None}),
        ("message_of_unknown_type", {"type": "hologram", "text": None, "media_id": None}),
        ("message_without_type", {"type": "unknown", "text": None}),
        ("message_without_id", {"wamid": "", "text": "hi"}),
        ("message_forwarded", {"text": "look", "quoted": None}),
        ("message_about_a_product", {"text": "price?", "quoted": "wamid.ours"}),
        (
            "button_tapped",
            {"text": "See offers", "button": "SEE_OFFERS", "button_title": "See offers",
             "quoted": "wamid.our_template"},
        ),
        ("button_tapped_without_context", {"button": "SEE_OFFERS", "quoted": None}),
        ("reply_button_tapped", {"text": "Yes", "button": "yes", "button_title": "Yes"}),
        ("list_row_chosen", {"text": "Tawa", "button": "r1", "button_title": "Tawa"}),
        ("flow_reply", {"type": "interactive", "text": None, "button": "flow"}),
        ("flow_reply_with_broken_json", {"type": "interactive", "text": None, "button": "flow"}),
        ("call_permission_reply", {"type": "interactive", "text": None, "button": None}),
        ("interactive_without_object", {"type": "interactive", "text": None, "button": None}),
        ("reaction_added", {"reaction": "😮", "quoted": "wamid.ours", "text": None}),
        ("reaction_removed", {"reaction": None, "quoted": "wamid.ours"}),
        ("reaction_removed_by_empty_emoji", {"reaction": "", "quoted": "wamid.ours"}),
        ("order", {"type": "order", "text": None}),
        ("unsupported", {"type": "unsupported", "text": None}),
        ("edit", {"type": "edit", "text": None}),
        ("revoke", {"type": "revoke", "text": None}),
    ],
)  # fmt: skip
def test_each_type_of_message_is_read(name: str, says: dict[str, Any]) -> None:
    said = asdict(inbound.message(item_of(name), NOW))

    assert {key: said[key] for key in says} == says


def test_an_ad_says_which_it_was() -> None:
    said = inbound.message(item_of("message_from_an_ad"), NOW)

    assert said.referral is not None
    assert said.referral["source_id"] == "120226305854810726"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "number_changed",
            {"type": "user_changed_number", "wa_id": "919812345679", "user_id": "IN.99"},
        ),
        ("user_id_changed", {"type": "user_changed_user_id", "user_id": "IN.99"}),
        ("identity_changed", {"type": "customer_identity_changed"}),
    ],
)  # fmt: skip
def test_a_change_of_identity_is_told_as_meta_tells_it(name: str, says: dict[str, str]) -> None:
    said = inbound.message(item_of(name), NOW)

    assert said.type == "system"
    assert said.system is not None
    assert {key: said.system[key] for key in says} == says


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("status_sent", "sent", None),
        ("status_played", "played", None),
        ("status_warning", "warning", None),
        ("status_failed_131049", "failed", 131049),
        ("status_failed_131026", "failed", 131026),
    ],
)
def test_a_status_is_read(name: str, status: str, code: int | None) -> None:
    said = inbound.status(item_of(name), NOW)

    assert (said.wamid, said.status, said.code) == (f"wamid.{name}", status, code)
    assert bool(said.title) is bool(code)


def test_a_status_brings_its_price_and_what_we_gave_it() -> None:
    said = inbound.status(item_of("status_delivered"), NOW)

    assert said.callback_data == "65f0c0ffee"
    assert said.pricing == {
        "billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing",
    }  # fmt: skip
    assert said.recipient == ("919812345670", "IN.13491208655302741918")


def test_a_status_of_a_hidden_number_is_the_user_ids() -> None:
    recipient = inbound.status(item_of("status_to_bsuid"), NOW).recipient

    assert recipient == (None, "IN.13491208655302741918")


@pytest.mark.parametrize("value", ["stop", "resume", "signup"])
def test_a_preference_is_read(value: str) -> None:
    said = inbound.preference(item_of(f"user_preference_{value}"), NOW)

    assert (said.category, said.value) == ("marketing_messages", value)


def test_a_preference_in_capitals_is_the_same() -> None:
    assert inbound.preference({"value": "STOP"}, NOW).value == "stop"


@pytest.mark.parametrize("part", ["referral", "system"])
def test_what_is_kept_as_it_came_can_be_kept(part: str) -> None:
    odd = {"body": "a\ud800", "source_id": "b\udfff", "big": 2**70, "a.b": "c", "in": {"\ud800": 1}}
    said = inbound.message({"type": part, part: odd}, NOW)

    bson.encode(asdict(said))
    assert getattr(said, part) == {"body": "a?", "source_id": "b?"}


KEYS = st.sampled_from(
    ["id", "type", "text", "body", "button", "payload", "interactive", "title", "button_reply",
     "list_reply", "nfm_reply", "name", "context", "image", "caption", "system", "wa_id", "user_id",
     "referral", "source_id", "reaction", "emoji", "message_id", "order", "errors", "code",
     "error_data", "details", "message", "pricing", "category", "billable", "status", "value",
     "recipient_id", "recipient_user_id", "biz_opaque_callback_data"]
)  # fmt: skip
ODD_TEXT = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=6)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD_TEXT | KEYS, inner, max_size=4),
    max_leaves=12,
)
TYPES = st.sampled_from(
    ["text", "button", "interactive", "image", "system", "reaction", "order", "edit", "hologram"]
)
ITEMS = st.dictionaries(KEYS, ANY, max_size=6) | st.builds(
    lambda kind, body, more: {"type": kind, kind: body, **more},
    TYPES,
    st.dictionaries(KEYS | ODD_TEXT, ODD_TEXT | st.integers() | ANY, max_size=5),
    st.dictionaries(st.sampled_from(["context", "referral", "errors", "pricing", "id"]), ANY),
)


@given(ITEMS)
def test_whatever_comes_can_be_read_and_kept(item: dict[str, Any]) -> None:
    for read in (inbound.message, inbound.status, inbound.preference):
        # As MongoDB would take it: no lone surrogates, no integer over 64 bits.
        bson.encode(asdict(read(item, NOW)))
        json.dumps(asdict(read(item, NOW)), default=str)
