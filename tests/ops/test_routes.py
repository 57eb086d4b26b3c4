"""What watches over us is told the truth."""

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from app import create_app
from config.settings import Settings
from rules import publish
from store import mongo, redis
from tests.clock import NOW


@pytest.fixture
def client(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> FlaskClient:
    del db, red  # they are to be there
    return create_app(settings).test_client()


def test_a_house_without_rules_is_alive_but_not_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "lacking": ["No rules are published: run `flask rules publish`."],
    }


def test_with_rules_it_is_ready(client: FlaskClient, db: mongo.Db) -> None:
    publish.publish(db, {}, by="test", note="", now=NOW)

    assert client.get("/readyz").status_code == 200


def test_stores_that_are_away_are_named(settings: Settings) -> None:
    away = {"mongodb_uri": "mongodb://127.0.0.1:9/x", "redis_url": "redis://127.0.0.1:9/0"}
    client = create_app(settings.model_copy(update=away)).test_client()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["lacking"] == ["MongoDB does not answer.", "Redis does not answer."]
    assert b"drumbeat_mongodb_up 0.0" in client.get("/metrics").data


def test_the_metrics_speak_of_the_stores_and_of_the_webhook(client: FlaskClient) -> None:
    client.post("/webhooks/whatsapp", data=b"{}")

    text = client.get("/metrics").text

    for name in (
        "drumbeat_webhooks_total",
        "drumbeat_inbox_items",
        "drumbeat_oldest_event_seconds",
        "drumbeat_queue_jobs",
        "drumbeat_sender_blocked",
        "drumbeat_rule_version",
    ):
        assert f"\n{name}" in text or text.startswith(name), name
    assert "drumbeat_mongodb_up 1.0" in text
    assert "drumbeat_redis_up 1.0" in text


def test_every_answer_has_an_id_to_look_up_in_the_log(client: FlaskClient) -> None:
    first, second = (client.get("/healthz").headers["X-Request-ID"] for _ in range(2))

    assert first
    assert first != second


def test_the_metrics_want_the_token_where_one_is_set(
    settings: Settings, db: mongo.Db, red: redis.RedisClient
) -> None:
    del db, red
    guarded = settings.model_copy(update={"metrics_token": SecretStr("of the watch")})
    client = create_app(guarded).test_client()

    for header in ("", "Bearer of the night", "Basic of the watch", "Bearer \u00e9"):
        refused = client.get("/metrics", headers={"Authorization": header})
        assert refused.status_code == 401
        assert b"drumbeat_" not in refused.data
    good = client.get("/metrics", headers={"Authorization": "Bearer of the watch"})
    assert b"drumbeat_mongodb_up 1.0" in good.data
