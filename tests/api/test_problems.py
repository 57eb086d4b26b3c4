"""Whatever goes wrong is a problem document, and only whoever has the token gets further."""

from dataclasses import replace

import pytest
from flask import Flask

import runtime
from api import people
from config.settings import Settings
from store import mongo
from tests.api.conftest import Caller

ASHA = "+919812345670"


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic test-api-token-0123456789",
     "test-api-token-0123456789", "Bearer test-api-token-012345678", "Bearer \xe9"],
)  # fmt: skip
def test_without_the_token_nothing_is_told(app: Flask, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = app.test_client().get("/api/v1/contacts/919812345670", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"
    assert answer.json == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Send `Authorization: Bearer` with an API token.",
    }


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("GET", f"/contacts/{ASHA}", {}, 404),
        ("GET", "/contacts/12", {}, 400),
        ("GET", "/contacts/1-800-FLOWERS", {}, 400),
        ("DELETE", "/campaigns", {}, 405),
        ("POST", "/events", {"data": "x"}, 415),
        ("POST", "/contacts/import", {"json": {}}, 415),
        ("POST", "/events", {"data": "{", "content_type": "application/json"}, 400),
        ("POST", "/events", {"data": b"\xff", "content_type": "application/json"}, 400),
        ("POST", "/events", {"data": "[" * 100_000, "content_type": "application/json"}, 400),
        ("POST", "/events", {"data": '{"a":NaN}', "content_type": "application/json"}, 400),
        ("POST", "/events", {"data": "[]", "content_type": "application/json"}, 422),
        ("POST", "/events", {"data": b" " * 1_100_000, "content_type": "application/json"}, 413),
        ("GET", f"/contacts/{ASHA}/history?limit=x", {}, 404),
    ],
)
def test_every_error_is_a_problem_document(
    call: Caller, method: str, path: str, given: dict[str, object], status: int
) -> None:
    answer = call(method, path, **given)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    problem = answer.json
    assert problem is not None
    assert problem["status"] == status
    assert problem["detail"]
    assert "<" not in problem["detail"]


def test_what_is_allowed_is_told(call: Caller) -> None:
    answer = call("DELETE", "/campaigns")

    assert "GET" in answer.headers["Allow"]


def test_an_older_or_newer_api_is_no_page(app: Flask) -> None:
    answer = app.test_client().get("/api/v0/contacts")

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_page_elsewhere_stays_a_page(app: Flask) -> None:
    answer = app.test_client().get("/nowhere")

    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_a_database_that_is_away_is_503(app: Flask, call: Caller, settings: Settings) -> None:
    away = mongo.connect("mongodb://127.0.0.1:9/x?directConnection=true", timeout_s=0.2)
    rt: runtime.Runtime = app.extensions["drumbeat"]
    app.extensions["drumbeat"] = replace(rt, db=away)

    for method, path, given in (
        ("GET", f"/contacts/{ASHA}", {}),
        ("GET", "/campaigns", {}),
        ("POST", "/contacts/import", {"data": f"phone\n{ASHA}\n", "content_type": "text/csv"}),
        ("POST", "/events", {"json": {"id": "1", "event": "e", "phone": ASHA}}),
    ):
        answer = call(method, path, **given)
        assert answer.status_code == 503, path
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["Retry-After"]


def test_a_defect_of_ours_tells_nothing(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_phone: str) -> None:
        raise RuntimeError(f"secret of {ASHA}")

    monkeypatch.setattr(people, "known", broken)

    answer = call("GET", f"/contacts/{ASHA}")

    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert "secret" not in answer.text
    assert ASHA not in answer.text


def test_an_invalid_body_names_each_path(call: Caller) -> None:
    answer = call("POST", "/events", json={"id": "", "event": "a b", "phone": ASHA, "more": 1})

    assert answer.json is not None
    assert {one["path"] for one in answer.json["errors"]} == {"id", "event", "more"}
