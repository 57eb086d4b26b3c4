"""What Meta posts, a file each under `payloads/`, and what we make of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.documents.inbox import InboxKind
from tests.clock import NOW
from tests.meta_openapi import webhook_examples
from whatsapp import inbound
from whatsapp.updates import NotAWebhookError, Update, split

FOLDER = Path(__file__).parent / "payloads"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}
THEN = datetime.fromtimestamp(1795500000, UTC)
WABA = "102290129340398"

Person = tuple[str | None, str | None]
ASHA: Person = ("919812345670", "IN.13491208655302741918")
BILAL: Person = ("919812345671", "IN.20482917365540128876")
CHEN: Person = ("6591234567", "SG.77120934418820365510")
ASHAS_NUMBER: Person = (ASHA[0], None)
HIDDEN: Person = (None, ASHA[1])
NOBODY: Person = (None, None)

# (kind, key, person) of each update. "m" and "s" stand for `m:wamid.<file>` and
# `s:wamid.<file>:<status>`, "x" for a digest of everything, "t…", "a…" and "p…" for what stands
# between the ids and the time.
Expected = tuple[str, str, Person]
EXPECTED: dict[str, list[Expected]] = {
    **{
        name: [("message", "m", ASHA)]
        for name in (
            "button_tapped", "button_tapped_without_context", "call_permission_reply", "edit",
            "flow_reply", "flow_reply_with_broken_json", "list_row_chosen",
            "message_about_a_product", "message_audio", "message_contacts", "message_document",
            "message_forwarded", "message_from_an_ad", "message_image", "message_location",
            "message_of_unknown_type", "message_sticker", "message_text", "message_video",
            "message_with_user_id_in_contacts_alone", "message_without_contacts",
            "message_without_type", "order", "reaction_added", "reaction_removed",
            "reaction_removed_by_empty_emoji", "reply_button_tapped", "revoke", "unsupported",
        )
    },
    "message_from_hidden_number": [("message", "m", HIDDEN)],
    "message_from_before_user_ids": [("message", "m", ASHAS_NUMBER)],
    "message_without_id": [("message", "x", ASHA)],
    "number_changed": [("message", "m", ASHAS_NUMBER)],
    "user_id_changed": [("message", "m", HIDDEN)],
    "identity_changed": [("message", "m", ASHAS_NUMBER)],
    "interactive_without_object": [("message", "m", ASHA), ("other", "x", NOBODY)],
    "group_message": [("other", "x", NOBODY)],
    "errors_without_messages": [("other", "x", NOBODY)],
    "link_tapped_by_user_action": [("other", "x", NOBODY)],
    "echo": [("other", "x", NOBODY)],
    "call": [("other", "x", NOBODY)],
    "flow_status": [("other", "x", NOBODY)],
    "field_of_another_year": [("other", "x", NOBODY)],
    "status_sent": [("status", "s", ASHA)],
    "status_delivered": [("status", "s", ASHA)],
    "status_read": [("status", "s", ASHA)],
    "status_played": [("status", "s", ASHA)],
    "status_warning": [("status", "s", ASHA)],
    "status_deleted": [("status", "s", ASHA)],
    "status_of_a_free_entry_point": [("status", "s", ASHA)],
    "status_with_person_in_contacts_alone": [("status", "s", ASHA)],
    "status_failed_131049": [("status", "s", ASHAS_NUMBER)],
    "status_failed_131026": [("status", "s", ASHAS_NUMBER)],
    "status_to_bsuid": [("status", "s", HIDDEN)],
    "status_to_group": [("status", "s", ("group-1", None))],
    "user_preference_stop": [("preference", f"p{ASHA[0]}:marketing_messages:stop", ASHA)],
    "user_preference_resume": [("preference", f"p{ASHA[0]}:marketing_messages:resume", ASHA)],
    "user_preference_signup": [("preference", f"p{ASHA[0]}:marketing_messages:signup", ASHA)],
    "user_preference_of_hidden_number": [
        ("preference", f"p{ASHA[1]}:marketing_messages:stop", HIDDEN)
    ],
    "user_id_updated": [("identity", "x", ASHA)],
    "template_approved": [("template", "tmessage_template_status_update:APPROVED:-", NOBODY)],
    "template_rejected": [("template", "tmessage_template_status_update:REJECTED:-", NOBODY)],
    "template_paused": [("template", "tmessage_template_status_update:PAUSED:-", NOBODY)],
    "template_disabled": [("template", "tmessage_template_status_update:DISABLED:-", NOBODY)],
    "template_rated_yellow": [("template", "tmessage_template_quality_update:YELLOW:-", NOBODY)],
    "template_category_impending": [
        ("template", "ttemplate_category_update:UTILITY:MARKETING", NOBODY)
    ],
    "template_category_changed": [("template", "ttemplate_category_update:MARKETING:-", NOBODY)],
    "template_components_changed_without_time": [("template", "x", NOBODY)],
    "number_throughput_upgrade": [
        ("account", "aphone_number_quality_update:THROUGHPUT_UPGRADE", NOBODY)
    ],
    "number_name_approved": [("account", "x", NOBODY)],
    "limit_raised": [("account", "x", NOBODY)],
    "account_restricted": [("account", "aaccount_update:ACCOUNT_RESTRICTION", NOBODY)],
    "account_banned": [("account", "aaccount_update:DISABLED_UPDATE", NOBODY)],
    "account_alert": [("account", "x", NOBODY)],
    "account_reviewed": [("account", "x", NOBODY)],
    "pin_changed": [("account", "asecurity:PIN_CHANGED", NOBODY)],
    "several_of_everything": [
        ("message", "m:wamid.1", ASHA),
        ("message", "m:wamid.2", BILAL),
        ("status", "s:wamid.3:sent", CHEN),
        ("status", "s:wamid.3:delivered", CHEN),
        ("status", "s:wamid.3:sent", CHEN),
        ("account", "a:another-account:account_update:VERIFIED_ACCOUNT:1795500000:-", NOBODY),
        ("message", "m:wamid.1", ASHA),
    ],
}  # fmt: skip
NUMBERS_OWN = {"number_throughput_upgrade", "pin_changed"}


def body_of(name: str) -> Any:
    return json.loads(FILES[name].read_text("utf-8"))


def only(name: str) -> Update:
    return split(body_of(name), NOW)[0]


def key_of(name: str, key: str) -> str:
    """The whole key that `key` of the table stands for."""
    if key == "m":
        return f"m:wamid.{name}"
    if key == "s":
        return f"s:wamid.{name}:{item_of(name)['status']}"
    if key.startswith("p"):
        return f"p:106540352242922:{key[1:]}:1795500000"
    if key.startswith("t"):
        return f"t:{WABA}:1689556908129835:{key[1:]}:1795500000"
    if key.startswith("a") and ":another" not in key:
        number = "15550783881" if name in NUMBERS_OWN else "-"
        return f"a:{WABA}:{key[1:]}:1795500000:{number}"
    return key


def item_of(name: str) -> dict[str, Any]:
    item: dict[str, Any] = json.loads(only(name).payload)["item"]
    return item


def test_every_file_stands_in_the_table() -> None:
    assert set(FILES) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_file_gives_its_updates(name: str) -> None:
    found = split(body_of(name), NOW)

    assert [(u.kind.value, (u.wa_id, u.bsuid)) for u in found] == [
        (kind, person) for kind, _, person in EXPECTED[name]
    ]
    for update, (_, key, _) in zip(found, EXPECTED[name], strict=True):
        if key == "x":
            assert len(update.key) == 66
            assert update.key.startswith("x:")
        else:
            assert update.key == key_of(name, key)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_happened_is_kept_whole(name: str) -> None:
    for update in split(body_of(name), NOW):
        kept = json.loads(update.payload)

        assert update.payload.isascii()
        assert set(kept) >= {"field", "waba_id", "time", "contact", "item"}
        assert kept["waba_id"] in (WABA, "another-account")
        assert kept["item"] in everything_in(body_of(name))


def everything_in(part: Any) -> list[Any]:
    """`part` and all that is in it; of an object also what is left without the envelope's keys."""
    if isinstance(part, list):
        return [part, *(one for inner in part for one in everything_in(inner))]
    if not isinstance(part, dict):
        return [part]
    around = ("messaging_product", "metadata", "contacts", "messages", "statuses")
    rest = {key: value for key, value in part.items() if key not in around and value}
    return [part, rest, *(one for inner in part.values() for one in everything_in(inner))]


def shuffled(part: Any) -> Any:
    """The same JSON with the keys of each object the other way round."""
    if isinstance(part, dict):
        return {key: shuffled(part[key]) for key in reversed(part)}
    return [shuffled(one) for one in part] if isinstance(part, list) else part


@pytest.mark.parametrize("name", EXPECTED)
def test_a_repeat_in_other_bytes_has_the_same_keys(name: str) -> None:
    body = body_of(name)
    again = json.loads(json.dumps(shuffled(body), ensure_ascii=False, indent=3))

    assert [u.key for u in split(again, NOW)] == [u.key for u in split(body, NOW)]


def test_no_two_files_are_the_same_update() -> None:
    names = set(FILES) - {"several_of_everything"}
    keys = [update.key for name in names for update in split(body_of(name), NOW)]

    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", sorted(set(FILES) - {"several_of_everything"}))
def test_a_field_of_another_year_beside_the_known_ones_changes_no_identity(name: str) -> None:
    before = split(body_of(name), NOW)
    body = body_of(name)
    body["of_2029"] = body["entry"][0]["of_2029"] = {"a": [1]}
    body["entry"][0]["changes"][0]["of_2029"] = "x"
    for contact in body["entry"][0]["changes"][0]["value"].get("contacts", []):
        contact["of_2029"] = contact["profile"]["of_2029"] = None

    after = split(body, NOW)

    assert [(u.kind, u.key, u.at) for u in after] == [(u.kind, u.key, u.at) for u in before]


@pytest.mark.parametrize("timestamp", ["1795500000000", 1795500000000, "1795500000", 1795500000.0])
@pytest.mark.parametrize("name", ["message_text", "status_read", "user_preference_stop"])
def test_when_it_happened_is_metas_time_in_any_unit(name: str, timestamp: object) -> None:
    assert split(stamped(name, timestamp), NOW)[0].at == THEN


@pytest.mark.parametrize(
    "timestamp", [None, "", "soon", [], {}, "4102444800", 4102444800000, "-1", 0, 1e400, "9" * 500]
)
@pytest.mark.parametrize("name", ["message_text", "status_read", "user_preference_stop"])
def test_without_a_time_or_with_one_to_come_it_happened_when_it_arrived(
    name: str, timestamp: object
) -> None:
    assert split(stamped(name, timestamp), NOW)[0].at == NOW


def stamped(name: str, timestamp: object) -> Any:
    body = body_of(name)
    value = body["entry"][0]["changes"][0]["value"]
    for list_ in ("messages", "statuses", "user_preferences"):
        for item in value.get(list_, []):
            item["timestamp"] = timestamp
    return body


def test_a_managements_time_is_its_entrys() -> None:
    assert only("account_restricted").at == THEN
    assert only("template_components_changed_without_time").at == NOW


def test_a_thousand_updates_in_one_body_are_a_thousand() -> None:
    body = body_of("status_read")
    value = body["entry"][0]["changes"][0]["value"]
    value["statuses"] = [{**value["statuses"][0], "id": f"wamid.{n}"} for n in range(1000)]

    assert len({update.key for update in split(body, NOW)}) == 1000


@pytest.mark.parametrize(
    "body", [None, [], "x", 5, {}, {"entry": None}, {"entry": {}}, {"entry": [1]}]
)
def test_what_is_no_webhook_is_said(body: object) -> None:
    with pytest.raises(NotAWebhookError):
        split(body, NOW)


PEOPLES = {InboxKind.MESSAGE, InboxKind.STATUS}


def test_each_of_metas_own_examples_speaks_of_a_person_or_a_group() -> None:
    for name, body in webhook_examples().items():
        for update in split(body, NOW):
            expected = InboxKind.OTHER if name.startswith("Group") else InboxKind.MESSAGE
            assert update.kind is expected, name
            if expected is InboxKind.MESSAGE:
                said = inbound.message(json.loads(update.payload)["item"], update.at)
                assert update.wa_id == "16505551234"
                assert update.key == f"m:{said.wamid}"
                assert name.lower().split()[0] in (said.type, "contact", "interactive", "text")


@given(st.data())
def test_a_file_with_anything_in_place_of_a_part_raises_nothing_else(data: st.DataObject) -> None:
    body = body_of(data.draw(st.sampled_from(sorted(FILES))))
    holder: Any = body
    while True:
        key = data.draw(
            st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
        )
        if not isinstance(holder[key], dict | list) or not holder[key] or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = data.draw(
        st.none() | st.booleans() | st.integers() | st.floats() | st.just("\ud800")
        | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
        | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)
    )  # fmt: skip

    try:
        found = split(body, NOW)
    except NotAWebhookError:
        return
    for update in found:
        assert update.payload.isascii()
        assert json.loads(update.payload) is not None
        update.key.encode()
        assert update.at <= NOW
