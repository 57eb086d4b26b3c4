"""The commands that look after the stores and our number, through the real application."""

import pytest
from flask.testing import FlaskCliRunner

from app import create_app
from config.settings import Settings
from rules import publish
from simulator import server as simulator
from store import mongo, redis, senders
from tests.clock import NOW
from tests.conftest import control


@pytest.fixture
def runner(
    settings: Settings, db: mongo.Db, red: redis.RedisClient, meta: simulator.Handle
) -> FlaskCliRunner:
    del db, red  # they are to be there
    app = create_app(settings.model_copy(update={"graph_api_url": meta.url}))
    return app.test_cli_runner()


def test_a_migrated_database_has_nothing_to_do(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["db", "migrate"]).stdout == "nothing to do\n"


def test_an_empty_database_gets_its_shape(runner: FlaskCliRunner, db: mongo.Db) -> None:
    db.client.drop_database(db.name)

    result = runner.invoke(args=["db", "migrate"])

    assert result.exit_code == 0
    assert "done: m20261124_first_shape" in result.stdout
    assert "done: deliveries.due" in result.stdout


def test_a_wrong_counter_is_found(runner: FlaskCliRunner, db: mongo.Db) -> None:
    assert runner.invoke(args=["db", "verify"]).exit_code == 0
    db.runs.insert_one(
        {
            "campaign": "price_list", "version": 1, "number": 1, "started_at": NOW,
            "ended_at": None, "counters": {"read": 5}, "tallies": {},
        }
    )  # fmt: skip

    result = runner.invoke(args=["db", "verify"])

    assert result.exit_code == 1
    assert "price_list" in result.stderr


def test_the_templates_are_fetched(runner: FlaskCliRunner, db: mongo.Db) -> None:
    result = runner.invoke(args=["templates", "sync"])

    assert result.stdout == "5 templates\n"
    assert db.templates.count_documents({}) == 5


def test_a_wrong_token_is_said(
    settings: Settings, db: mongo.Db, red: redis.RedisClient, meta: simulator.Handle
) -> None:
    wrong = {"graph_api_url": meta.url, "whatsapp_access_token": settings.api_token}
    runner = create_app(settings.model_copy(update=wrong)).test_cli_runner()

    result = runner.invoke(args=["templates", "sync"])

    assert result.exit_code == 1
    assert "code 190" in result.stderr


def test_a_blocked_number_is_resumed_by_hand(
    runner: FlaskCliRunner, settings: Settings, db: mongo.Db
) -> None:
    number = settings.whatsapp_phone_number_id
    senders.block(db, number, until=None, code=368, reason="restricted", now=NOW)

    assert "blocked (restricted)" in runner.invoke(args=["doctor"]).stderr
    assert runner.invoke(args=["sender", "resume"]).stdout == "sending again\n"
    assert runner.invoke(args=["sender", "resume"]).stdout == "it was not blocked\n"


def test_the_doctor_names_what_is_missing_and_what_to_do(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["doctor"])

    assert result.exit_code == 1
    assert "run `flask rules publish`" in result.stderr
    assert "MongoDB: answers" in result.stdout


def test_the_doctor_finds_nothing_where_all_is_well(
    runner: FlaskCliRunner, db: mongo.Db, meta: simulator.Handle
) -> None:
    publish.publish(db, {}, by="test", note="", now=NOW)
    control(meta, "PUT", "settings", {"webhook_url": "http://127.0.0.1:9/webhooks/whatsapp"})

    result = runner.invoke(args=["doctor"])

    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("all is well\n")


def test_the_doctor_names_a_version_that_this_release_cannot_read(
    runner: FlaskCliRunner, db: mongo.Db
) -> None:
    publish.publish(db, {}, by="test", note="", now=NOW)
    foreign = {"_id": 2, "files": [["a.yaml", "rules: [{rule: x, when: {moon: full}}]"]]}
    db.rule_versions.insert_one(foreign)

    result = runner.invoke(args=["doctor"])

    assert "version 2 cannot be read by this release; 1 decides" in result.stderr
