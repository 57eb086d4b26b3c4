"""A Flask app that carries the admin pages and nothing else, and somebody signed in to it."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import admin
import runtime
from admin import cli, tokens_cli
from config.settings import Settings
from store import mongo, redis

Post = Callable[..., TestResponse]
PASSWORD = "a quiet evening in Pune"


@pytest.fixture
def app(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> Iterator[Flask]:
    """The pages, over plain HTTP as the test client speaks it."""
    rt = runtime.build(settings.model_copy(update={"session_cookie_secure": False}))
    flask = Flask(__name__)
    flask.secret_key = settings.secret_key.get_secret_value()
    flask.extensions["drumbeat"] = rt
    flask.register_blueprint(admin.blueprint)
    flask.cli.add_command(cli.group)
    flask.cli.add_command(tokens_cli.group)
    yield flask
    rt.db.client.close()
    rt.redis.close()


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


def add_user(app: Flask, name: str, *options: str) -> str:
    """What `flask users add` prints: the one-time password."""
    result = app.test_cli_runner().invoke(args=["users", "add", name, *options])
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def post(client: FlaskClient, path: str, see: str | None = None, **fields: str) -> TestResponse:
    """Load the page `see` (or `path`), and send its form to `path`."""
    token = token_of(client.get(see or path))
    return client.post(path, data={"csrf_token": token, **fields})


@pytest.fixture
def asha(app: Flask) -> FlaskClient:
    """A browser Asha is signed in with."""
    return signed_in(app, "Asha")


def signed_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    post(client, "/login", name=name, password=add_user(app, name))
    chosen = post(client, "/password", new=PASSWORD, again=PASSWORD)
    assert chosen.location == "/"
    return client
