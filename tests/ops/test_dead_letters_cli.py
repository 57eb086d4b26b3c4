"""`flask dead-letters` on a terminal."""

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from app import create_app
from config.settings import Settings
from store import inbox, mongo, redis
from store.documents.inbox import InboxItem, InboxKind, InboxState
from tests.clock import NOW
from webhooks.rows import of_body


def letter(number: int = 1) -> InboxItem:
    return InboxItem(
        _id=f"m:wamid.{number}",
        kind=InboxKind.MESSAGE,
        shard=number,
        who="",
        at=NOW,
        received_at=NOW,
        payload='{"item": {"text": "price"}}',
        state=InboxState.DEAD,
        tries=3,
        reason="ValueError: a line\nand another",
    )


@pytest.fixture
def runner(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> FlaskCliRunner:
    del db, red  # they are to be there
    return create_app(settings).test_cli_runner()


def run(runner: FlaskCliRunner, *words: str) -> Result:
    result: Result = runner.invoke(args=["dead-letters", *words])
    return result


def test_the_list_has_a_line_each_and_no_text_of_anybody(
    runner: FlaskCliRunner, db: mongo.Db
) -> None:
    inbox.journal(db, [letter(1), letter(2)])

    listed = run(runner, "list")

    assert listed.exit_code == 0
    assert len(listed.stdout.splitlines()) == 2
    assert "3 tries" in listed.stdout
    assert "ValueError: a line and another" in listed.stdout
    assert "price" not in listed.stdout


def test_one_is_shown_retried_and_gone_from_the_list(runner: FlaskCliRunner, db: mongo.Db) -> None:
    inbox.journal(db, [letter()])
    name = run(runner, "list").stdout.split()[0]

    shown = run(runner, "show", name)
    assert '"text": "price"' in shown.stdout

    retried = run(runner, "retry", name)
    assert (retried.exit_code, retried.stdout) == (0, "put back in line\n")
    assert run(runner, "list").stderr == "nothing is set aside\n"
    row = db.inbox.find_one({})
    assert row is not None
    assert row["put_back"][0]["by"].startswith("command:")


def test_all_are_retried(runner: FlaskCliRunner, db: mongo.Db) -> None:
    inbox.journal(db, [letter(number) for number in range(3)])

    assert run(runner, "retry", "--all").stdout == "3 put back in line\n"
    assert db.inbox.count_documents({"state": "new", "tries": 0}) == 3


def test_an_unreadable_one_is_shown_and_dropped_but_not_retried(
    runner: FlaskCliRunner, db: mongo.Db
) -> None:
    inbox.journal(db, of_body(b"\xff no json", NOW))
    name = run(runner, "list").stdout.split()[0]

    refused = run(runner, "retry", name)
    assert refused.exit_code == 1
    assert "drop it" in refused.stderr
    assert "no json" in run(runner, "show", name).stdout
    assert run(runner, "drop", name).stdout == "dropped\n"
    assert db.inbox.count_documents({"state": "dead"}) == 0


@pytest.mark.parametrize("words", [("show", "x"), ("retry", "x"), ("drop", "x")])
def test_a_name_that_is_nobodys_says_where_names_are(
    runner: FlaskCliRunner, words: tuple[str, ...]
) -> None:
    refused = run(runner, *words)

    assert refused.exit_code == 1
    assert "flask dead-letters list" in refused.stderr


@pytest.mark.parametrize("words", [("retry",), ("retry", "x", "--all")])
def test_a_retry_wants_one_or_all(runner: FlaskCliRunner, words: tuple[str, ...]) -> None:
    assert run(runner, *words).exit_code == 2


def test_a_database_that_is_away_is_said_in_a_sentence(settings: Settings) -> None:
    away = settings.model_copy(update={"mongodb_uri": "mongodb://127.0.0.1:9/x"})
    refused = run(create_app(away).test_cli_runner(), "list")

    assert refused.exit_code == 1
    assert "MongoDB does not answer" in refused.stderr
