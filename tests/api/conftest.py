"""The API in an application of its own, on a real MongoDB and a real Redis."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import api
import runtime
from config.settings import Settings
from store import mongo, redis


@dataclass(frozen=True, slots=True)
class Caller:
    """Another system, which has the token."""

    client: FlaskClient
    token: str = "test-api-token-0123456789"

    def __call__(self, method: str, path: str, **given: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **given.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **given)


@pytest.fixture
def app(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> Iterator[Flask]:
    """An application with nothing in it but the API."""
    app = Flask("test")
    rt = runtime.build(settings)
    app.extensions["drumbeat"] = rt
    app.register_blueprint(api.blueprint)
    yield app
    rt.db.client.close()
    rt.redis.close()


@pytest.fixture
def call(app: Flask) -> Caller:
    return Caller(app.test_client())
