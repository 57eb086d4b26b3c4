"""Whatever a signed body holds, each of its updates becomes a row that can be written and read.

FUZZ_EXAMPLES makes each test longer: `FUZZ_EXAMPLES=20000 pytest tests/webhooks/test_fuzz.py`.
"""

import copy
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import bson
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contacts.identity import SHARDS
from tests.clock import NOW
from webhooks.rows import of_body
from whatsapp import inbound

Read = inbound.Message | inbound.StatusReport | inbound.Preference
PAYLOADS = [
    json.loads(file.read_bytes())
    for file in sorted((Path(__file__).parents[1] / "whatsapp" / "payloads").glob("*.json"))
]
READERS: dict[str, Callable[[dict[str, Any], datetime], Read]] = {
    "message": inbound.message,
    "status": inbound.status,
    "preference": inbound.preference,
}
NAMES = ["entry", "changes", "value", "field", "id", "time", "metadata", "phone_number_id",
         "contacts", "wa_id", "user_id", "profile", "messages", "statuses", "user_preferences",
         "user_id_update", "from", "from_user_id", "recipient_id", "timestamp", "type", "text",
         "body", "status", "errors", "code", "event", "group_id", "interactive", "context",
         "category", "pricing", "previous", "current"]  # fmt: skip
WORDS = [*NAMES, "account_update", "message_template_status_update", "919812345670",
         "IN.1349120865", "1795510000", "1795510000000", "nan", "-1", "9" * 400]  # fmt: skip

many = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(2**62, 2**70), st.floats(),
    st.text(st.characters(exclude_categories=[]), max_size=8), st.sampled_from(WORDS),
)  # fmt: skip
keys = st.one_of(st.sampled_from(NAMES), st.text(st.characters(exclude_categories=[]), max_size=4))
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)


def holds(raw: bytes) -> None:
    """What must be true of the rows of any body."""
    rows = of_body(raw, NOW)
    assert rows, "a body that left nothing behind would be lost"
    for row in rows:
        assert len(row["_id"]) <= 400
        assert 0 <= row["shard"] < SHARDS
        assert row["payload"].isascii()
        assert bson.decode(bson.encode(row))["_id"] == row["_id"]
        item = json.loads(row["payload"]).get("item")
        if isinstance(item, dict) and row["kind"] in READERS:
            bson.encode(asdict(READERS[row["kind"]](item, row["at"])))
    assert [row["_id"] for row in of_body(raw, NOW)] == [row["_id"] for row in rows]


def dumped(body: object) -> bytes:
    return json.dumps(body).encode()


@many
@given(st.binary(max_size=200))
@example(b"")
@example(b"[" * 100_000)
@example(b'{"a":' * 50_000)
@example(b"9" * 5_000)
@example('{"entry": []}'.encode("utf-16"))
def test_any_bytes(raw: bytes) -> None:
    holds(raw)


@many
@given(trees)
def test_any_json(body: object) -> None:
    holds(dumped(body))


@many
@given(st.dictionaries(st.sampled_from(NAMES), trees, max_size=6), leaves, trees)
def test_any_value_in_a_webhook(value: object, field: object, time: object) -> None:
    change = {"field": field, "value": value}
    holds(dumped({"entry": [{"id": "1", "time": time, "changes": [change, value]}]}))


@many
@given(st.sampled_from(PAYLOADS), st.data())
def test_metas_payloads_with_anything_changed(payload: Any, data: st.DataObject) -> None:
    body = copy.deepcopy(payload)
    for _ in range(data.draw(st.integers(1, 4), "changes")):
        change(body, data)
    holds(dumped(body))


@many
@given(st.sampled_from(PAYLOADS), st.data())
def test_metas_payloads_with_bytes_changed(payload: Any, data: st.DataObject) -> None:
    raw = bytearray(dumped(payload))
    for _ in range(data.draw(st.integers(1, 6), "changes")):
        place = data.draw(st.integers(0, len(raw) - 1), "place")
        raw[place : place + data.draw(st.integers(0, 3), "cut")] = data.draw(st.binary(max_size=3))
        raw = raw or bytearray(b" ")
    holds(bytes(raw))


def change(body: Any, data: st.DataObject) -> None:
    """Replace, take away, repeat or add one thing somewhere in `body`."""
    place = data.draw(st.sampled_from(list(inner(body))), "where")
    if isinstance(place, list):
        number = data.draw(st.integers(0, len(place)), "number")
        place[number : number + data.draw(st.integers(0, 1))] = data.draw(
            st.lists(trees | st.sampled_from(place or [None]), max_size=2)
        )
        return
    name = data.draw(st.sampled_from(sorted(place)) | keys if place else keys, "name")
    if data.draw(st.booleans(), "take away"):
        place.pop(name, None)
    else:
        place[name] = data.draw(trees, "instead")


def inner(body: Any) -> Any:
    """Every object and list of a body."""
    if isinstance(body, dict | list):
        yield body
        for part in body.values() if isinstance(body, dict) else body:
            yield from inner(part)
