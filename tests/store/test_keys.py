"""Any text can be a key, and comes back as it was."""

from typing import Any

import pytest
from bson import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from store import keys, mongo

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@given(ANY_TEXT)
def test_a_key_gives_its_text_back(text: str) -> None:
    assert keys.unsafe(keys.safe(text)) == text


@given(ANY_TEXT, ANY_TEXT)
def test_different_texts_have_different_keys(one: str, other: str) -> None:
    assert (keys.safe(one) == keys.safe(other)) == (one == other)


@given(ANY_TEXT)
def test_bson_holds_every_key(text: str) -> None:
    document = {keys.safe(text): 1}
    assert decode(encode(document)) == document


@pytest.mark.parametrize("payload", ["", "a.b", "$inc", "%2E", "\0", "\ud83d", ".", "हाँ", "0"])
def test_a_counter_may_be_named_by_any_payload(db: mongo.Db, payload: str) -> None:
    path = f"button.{keys.safe(payload)}"
    for _ in range(2):
        db.scratch.update_one({"_id": 1}, {"$inc": {path: 1}}, upsert=True)

    row: dict[str, Any] = db.scratch.find_one({"_id": 1}) or {}

    assert {keys.unsafe(key): count for key, count in row["button"].items()} == {payload: 2}


@pytest.mark.parametrize("plain", ["quiet_hours", "131049", "Call me back", "रुचि"])
def test_an_ordinary_text_is_its_own_key(plain: str) -> None:
    assert keys.safe(plain) == plain
