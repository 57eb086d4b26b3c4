"""How often a system may call is told with every answer, and held."""

from collections.abc import Iterator

import pytest
from flask import Flask

import api
import runtime
from config.settings import Settings
from store import limits, mongo, redis
from store.limits import Limiter
from tests.api.conftest import Caller

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def slow_app(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> Iterator[Flask]:
    """An API that lets a token call eight times a minute."""
    app = Flask("test")
    rt = runtime.build(settings.model_copy(update={"api_calls_per_minute": 8}))
    app.extensions["drumbeat"] = rt
    app.register_blueprint(api.blueprint)
    yield app
    rt.db.client.close()
    rt.redis.close()


def test_every_answer_tells_what_is_left(slow_app: Flask) -> None:
    call = Caller(slow_app.test_client())

    answers = [call("GET", "/campaigns") for _ in range(3)]

    assert answers[0].headers["RateLimit-Policy"] == '"calls";q=8;w=60'
    left = [answer.headers["RateLimit"].split(";")[1] for answer in answers]
    assert left[:2] in (["r=7", "r=6"], ["r=7", "r=7"], ["r=6", "r=7"])  # a minute may end between


def test_one_call_too_many_is_refused_and_told_when_to_come_back(red: redis.RedisClient) -> None:
    limiter = Limiter(red, 8)
    standings = [limiter.count("shop", 1_000_019.5) for _ in range(9)]

    assert [one.exceeded for one in standings] == [False] * 8 + [True]
    assert standings[-1].resets_in_s == 1
    assert not limiter.count("another", 1_000_019.5).exceeded
    assert not limiter.count("shop", 1_000_020.0).exceeded


def test_the_refusal_is_a_problem_with_retry_after(slow_app: Flask) -> None:
    call = Caller(slow_app.test_client())
    refused = [a for a in (call("GET", "/campaigns") for _ in range(20)) if a.status_code == 429]

    assert refused
    assert 1 <= int(refused[0].headers["Retry-After"]) <= limits.WINDOW_S
    assert refused[0].mimetype == "application/problem+json"


def test_without_redis_reading_is_open_and_says_so(settings: Settings, db: mongo.Db) -> None:
    app = Flask("test")
    cut = settings.model_copy(update={"redis_url": NOWHERE, "api_calls_per_minute": 8})
    rt = runtime.build(cut)
    app.extensions["drumbeat"] = rt
    app.register_blueprint(api.blueprint)
    call = Caller(app.test_client())

    reads = [call("GET", "/campaigns") for _ in range(20)]
    writes = [call("DELETE", "/rules/files").status_code for _ in range(4)]

    assert {answer.status_code for answer in reads} == {200}
    assert "Redis is away" in reads[0].headers["Drumbeat-Limiter"]
    assert writes[-1] == 429
    rt.db.client.close()
