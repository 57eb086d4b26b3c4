"""A body is split into updates, each with the same identity in whatever bytes it is repeated."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.documents.inbox import InboxKind
from tests.clock import NOW
from tests.meta_openapi import webhook_examples
from whatsapp import inbound
from whatsapp.updates import NotAWebhookError, Update, moment, split

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["entry", "changes", "field", "value", "messages", "statuses", "contacts", "id", "from",
             "type", "text", "timestamp", "errors", "user_preferences", "metadata", "status"]
        ) | st.text(max_size=8),
        inner,
        max_size=5,
    ),
    max_leaves=30,
)  # fmt: skip

KEYS = (
    "type", "text", "button", "interactive", "context", "id", "image", "system", "reaction",
    "errors", "pricing",
)  # fmt: skip


def one(field: str, value: Any, **entry: Any) -> Update:
    body = {"entry": [{"id": "waba", **entry, "changes": [{"field": field, "value": value}]}]}
    (update,) = split(body, NOW)
    return update


def message(**item: Any) -> Update:
    return one("messages", {"messages": [{"id": "wamid.1", "timestamp": "1795500000", **item}]})


def test_every_example_of_metas_file_is_understood() -> None:
    kinds = {
        name: [update.kind for update in split(body, NOW)]
        for name, body in webhook_examples().items()
    }

    assert kinds["Text Message"] == [InboxKind.MESSAGE]
    assert kinds["System Message"] == [InboxKind.MESSAGE]
    assert kinds["Group Create Message"] == [InboxKind.OTHER]
    assert all(kinds.values())


def test_everything_in_a_body_is_found() -> None:
    value = {
        "metadata": {"phone_number_id": "1"},
        "messages": [{"id": "a"}, {"id": "b"}],
        "statuses": [{"id": "c", "status": "sent"}],
        "errors": [{"code": 131000}],
    }
    change = {"field": "messages", "value": value}
    body = {"entry": [{"id": "1", "changes": [change, change]}, {"id": "2", "changes": [change]}]}

    found = split(body, NOW)

    assert [u.kind.value for u in found] == ["message", "message", "status", "other"] * 3
    assert {u.key for u in found if u.kind is not InboxKind.OTHER} == {"m:a", "m:b", "s:c:sent"}


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("message_template_status_update", {"event": "PAUSED"}, InboxKind.TEMPLATE),
        ("message_template_quality_update", {"new_quality_score": "RED"}, InboxKind.TEMPLATE),
        ("template_category_update", {"new_category": "MARKETING"}, InboxKind.TEMPLATE),
        ("account_update", {"event": "ACCOUNT_DELETED"}, InboxKind.ACCOUNT),
        ("account_alerts", {"alert_info": {}, "x": 1}, InboxKind.ACCOUNT),
        ("phone_number_quality_update", {"event": "ONBOARDING"}, InboxKind.ACCOUNT),
        ("business_capability_update", {"max_phone_numbers_per_waba": 25}, InboxKind.ACCOUNT),
        ("security", {"event": "PIN_CHANGED"}, InboxKind.ACCOUNT),
        ("flows", {"event": "FLOW_STATUS_CHANGE"}, InboxKind.OTHER),
        ("something_of_2029", {"a": 1}, InboxKind.OTHER),
        ("messages", {"errors": [{"code": 0, "title": "x"}]}, InboxKind.OTHER),
        ("messages", "no object", InboxKind.OTHER),
    ],
)
def test_each_field_finds_its_kind(field: str, value: Any, kind: InboxKind) -> None:
    assert one(field, value).kind is kind


def test_a_repeat_in_other_bytes_is_the_same_update() -> None:
    first = one("account_update", {"event": "X", "a": 1, "b": 2}, time=5)
    again = one("account_update", {"b": 2, "a": 1, "event": "X"}, time=5)
    later = one("account_update", {"b": 2, "a": 1, "event": "X"}, time=6)

    assert first.key == again.key != later.key


def test_each_status_of_a_message_is_its_own_update() -> None:
    keys = {
        one("messages", {"statuses": [{"id": "w", "status": status}]}).key
        for status in ("sent", "delivered", "read", "failed", "warning")
    }

    assert len(keys) == 5


def test_a_person_is_found_by_what_meta_gives() -> None:
    contacts = [{"wa_id": "919812345670", "user_id": "IN.1", "profile": {"name": "Asha"}}]
    phone = one(
        "messages", {"messages": [{"id": "1", "from": "919812345670"}], "contacts": contacts}
    )
    hidden = one("messages", {"messages": [{"id": "1", "from_user_id": "IN.2"}]})
    status = one("messages", {"statuses": [{"id": "1", "status": "sent", "recipient_id": "91981"}]})

    assert (phone.wa_id, phone.bsuid) == ("919812345670", "IN.1")
    assert (hidden.wa_id, hidden.bsuid) == (None, "IN.2")
    assert status.wa_id == "91981"


def test_a_message_of_a_group_is_nobodys() -> None:
    assert message(group_id="g").kind is InboxKind.OTHER


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("1795500000", datetime.fromtimestamp(1795500000, UTC)),
        (1795500000, datetime.fromtimestamp(1795500000, UTC)),
        ("1795500000123", datetime.fromtimestamp(1795500000.123, UTC)),
        (None, NOW),
        ("yesterday", NOW),
        (-5, NOW),
        (1e300, NOW),
        ("nan", NOW),
        (str(int((NOW + timedelta(days=3)).timestamp())), NOW),
    ],
)
def test_metas_clock_is_read_in_each_form(given_: object, expected: datetime) -> None:
    assert moment(given_, NOW) == expected


def test_an_id_that_cannot_be_written_still_identifies() -> None:
    assert message(id="wamid.\ud800").key == message(id="wamid.\ud800").key
    assert len(message(id="w" * 5000).key) < 500
    message(id="wamid.\ud800").key.encode()


@given(JSON)
def test_no_json_does_more_than_not_be_a_webhook(body: Any) -> None:
    try:
        found = split(body, NOW)
    except NotAWebhookError:
        return
    for update in found:
        update.key.encode()
        update.payload.encode("ascii")
        item = json.loads(update.payload)["item"]
        if isinstance(item, dict):
            inbound.message(item, NOW)
            inbound.status(item, NOW)
            inbound.preference(item, NOW)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_message_or_status_is_too_strange_to_read(item: dict[str, Any]) -> None:
    said = inbound.message(item, NOW)
    inbound.status(item, NOW)

    for text in (said.text, said.button, said.wamid, said.type):
        assert text is None or text.encode("utf-8") is not None
