"""A web process's application, and how Meta posts to it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from config.settings import Settings
from store import mongo, redis
from whatsapp.signature import sign

SECRET = "test-app-secret"
Post = Callable[..., TestResponse]


@pytest.fixture
def app(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> Iterator[Flask]:
    built = create_app(settings)
    yield built
    built.extensions["drumbeat"].db.client.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """post(body, …): `body` bytes or JSON; signed unless `signature` says otherwise."""

    def post(body: Any, *, signature: str | None = "right", secret: str = SECRET) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if signature == "right":
            headers["X-Hub-Signature-256"] = sign(raw, secret)
        elif signature is not None:
            headers["X-Hub-Signature-256"] = signature
        return client.post("/webhooks/whatsapp", data=raw, headers=headers)

    return post


def message(wamid: str = "wamid.one", text: str = "price", sender: str = "919812345670") -> Any:
    """A body with one text message."""
    return of_messages({"from": sender, "id": wamid, "timestamp": "1795510000", "type": "text",
                        "text": {"body": text}})  # fmt: skip


def of_messages(*messages: dict[str, Any]) -> Any:
    """A body with these items of `messages`."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
        "contacts": [],
        "messages": list(messages),
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}],
    }
