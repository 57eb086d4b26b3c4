"""Templates come from Meta, or not at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

import runtime
from tests.api.conftest import Caller

OFFER: dict[str, Any] = {
    "id": "1", "name": "offer", "language": "en", "status": "APPROVED", "category": "MARKETING",
    "components": [{"type": "BODY", "text": "Hello"}],
}  # fmt: skip


def test_meta_that_does_not_answer_is_502(call: Caller) -> None:
    answer = call("POST", "/templates/sync")

    assert answer.status_code == 502
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["detail"].startswith("Meta: ")


def test_what_was_synced_is_listed(
    app: Flask, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def templates(_self: object) -> Iterator[dict[str, Any]]:
        yield OFFER

    rt: runtime.Runtime = app.extensions["drumbeat"]
    monkeypatch.setattr(type(rt.whatsapp), "templates", templates)

    assert call("POST", "/templates/sync").json == {"templates": 1}
    listed = call("GET", "/templates").json
    assert listed is not None
    assert [(one["name"], one["status"]) for one in listed["templates"]] == [("offer", "APPROVED")]
