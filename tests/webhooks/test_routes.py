"""What Meta is answered, and what is on the disk by then."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from config.settings import Settings
from store import mongo
from tests.meta_openapi import webhook_examples
from tests.webhooks.conftest import Post, message, of_messages
from webhooks import rows
from webhooks.door import MAX_BYTES
from whatsapp.signature import sign

HANDSHAKE = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}


def kept(db: mongo.Db) -> list[dict[str, Any]]:
    return list(db.inbox.find())


def shake(client: FlaskClient, **query: str) -> TestResponse:
    return client.get("/webhooks/whatsapp", query_string={**HANDSHAKE, **query})


def test_the_handshake_gives_the_challenge_back(client: FlaskClient) -> None:
    answer = shake(client, **{"hub.verify_token": "test-verify-token"})

    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.mimetype == "text/plain"


@pytest.mark.parametrize("token", ["", "wrong", "test-verify-tokén"])
def test_the_handshake_wants_our_token(client: FlaskClient, token: str) -> None:
    assert shake(client, **{"hub.verify_token": token}).status_code == 403


def test_a_handshake_of_another_mode_is_refused(client: FlaskClient) -> None:
    query = {"hub.verify_token": "test-verify-token", "hub.mode": "unsubscribe"}

    assert shake(client, **query).status_code == 403


def test_a_signed_body_is_journaled_before_it_is_answered(post: Post, db: mongo.Db) -> None:
    assert post(message()).status_code == 200

    (row,) = kept(db)
    assert row["_id"] == "m:wamid.one"
    assert row["state"] == "new"
    assert json.loads(row["payload"])["item"]["text"] == {"body": "price"}


def test_the_older_of_two_secrets_still_signs(post: Post) -> None:
    assert post(message(), secret="the-older-secret").status_code == 200


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        sign(json.dumps(message()).encode(), "somebody else's"),
        "sha1=" + sign(json.dumps(message()).encode(), "test-app-secret")[7:],
        sign(json.dumps(message()).encode(), "test-app-secret") + ", sha256=00",
        "sha256=é",
    ],
)
def test_a_wrong_signature_is_401_and_nothing_is_kept(
    post: Post, db: mongo.Db, signature: str | None
) -> None:
    assert post(message(), signature=signature).status_code == 401
    assert kept(db) == []


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"{}", b'{"entry": 5}', b"", b"1"])
def test_a_signed_body_nobody_can_read_is_a_dead_letter(
    post: Post, db: mongo.Db, body: bytes
) -> None:
    assert post(body).status_code == 200
    assert post(body).status_code == 200

    (row,) = kept(db)
    assert row["state"] == "dead"
    assert row["raw"] == body
    assert row["reason"]


def test_a_body_that_we_fail_to_read_is_a_dead_letter_and_not_refused_for_ever(
    post: Post, db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty: dict[str, Any] = {}
    monkeypatch.setattr(rows, "split", lambda *_: faulty["an update"])

    assert post(message()).status_code == 200
    assert kept(db)[0]["reason"] == "could not be read: KeyError"


def test_a_body_too_large_to_be_written_is_kept_whole(post: Post, db: mongo.Db) -> None:
    repeated = {
        "metadata": {"of_2031": "x" * 100_000},
        "messages": [{"id": str(n)} for n in range(200)],
    }
    body = {"entry": [{"changes": [{"field": "messages", "value": repeated}]}]}

    assert post(body).status_code == 200
    (row,) = kept(db)
    assert (row["state"], json.loads(row["raw"])) == ("dead", body)


def test_deep_nesting_is_a_dead_letter_too(post: Post, db: mongo.Db) -> None:
    assert post(b"[" * 200_000).status_code == 200
    assert kept(db)[0]["state"] == "dead"


def test_a_body_over_metas_limit_is_refused(post: Post, db: mongo.Db) -> None:
    assert post(b" " * (MAX_BYTES + 1)).status_code == 413
    assert kept(db) == []


def test_a_body_at_metas_limit_is_taken(post: Post, db: mongo.Db) -> None:
    body = json.dumps(message()).encode()

    assert post(body + b" " * (MAX_BYTES - len(body))).status_code == 200
    assert len(kept(db)) == 1


def test_the_same_message_in_other_bytes_is_kept_once(post: Post, db: mongo.Db) -> None:
    post(message())
    post(json.dumps(message(), indent=1).encode())
    post(of_messages(*[message()["entry"][0]["changes"][0]["value"]["messages"][0]] * 3))

    assert len(kept(db)) == 1


def test_sixteen_at_once_are_kept_once(app: Flask, settings: Settings, db: mongo.Db) -> None:
    apps = [app, create_app(settings)]  # two processes of ours would be no different
    raw = json.dumps(message()).encode()
    headers = {"X-Hub-Signature-256": sign(raw, "test-app-secret")}

    def once(number: int) -> int:
        client = apps[number % 2].test_client()
        return client.post("/webhooks/whatsapp", data=raw, headers=headers).status_code

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(once, range(16))) == [200] * 16
    assert len(kept(db)) == 1


def test_a_thousand_updates_in_one_body_are_all_kept(post: Post, db: mongo.Db) -> None:
    items = [
        {"from": f"9198123{n:05d}", "id": f"wamid.{n}", "timestamp": "1795510000", "type": "text",
         "text": {"body": "hi"}}
        for n in range(1000)
    ]  # fmt: skip

    assert post(of_messages(*items)).status_code == 200
    assert db.inbox.count_documents({}) == 1000


def test_what_bson_cannot_hold_is_kept_all_the_same(post: Post, db: mongo.Db) -> None:
    raw = (
        b'{"entry": [{"id": "1", "changes": [{"field": "messages", "value": {"messages": ['
        b'{"from": "919812345670", "id": "wamid.\\ud800", "timestamp": 99999999999999999999999,'
        b' "type": "text", "text": {"body": "\\ud83d \\u0000", "$a.b": 1e400}}]}}]}]}'
    )

    assert post(raw).status_code == 200
    assert kept(db)[0]["state"] == "new"


def test_every_example_of_metas_own_file_is_kept_and_understood(post: Post, db: mongo.Db) -> None:
    for name, body in webhook_examples().items():
        assert post(body).status_code == 200, name

    assert db.inbox.count_documents({"state": "dead"}) == 0
    assert db.inbox.count_documents({}) >= 13


def test_a_store_that_is_away_is_503(settings: Settings) -> None:
    away = settings.model_copy(update={"mongodb_uri": "mongodb://127.0.0.1:9/gone"})
    raw = json.dumps(message()).encode()
    headers = {"X-Hub-Signature-256": sign(raw, "test-app-secret")}

    answer = create_app(away).test_client().post("/webhooks/whatsapp", data=raw, headers=headers)

    assert answer.status_code == 503


def test_redis_that_is_away_does_not_matter(
    settings: Settings, db: mongo.Db, caplog: pytest.LogCaptureFixture
) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"})
    raw = json.dumps(message()).encode()
    headers = {"X-Hub-Signature-256": sign(raw, "test-app-secret")}

    answer = create_app(away).test_client().post("/webhooks/whatsapp", data=raw, headers=headers)

    assert answer.status_code == 200
    assert len(kept(db)) == 1
