"""Commands that change something are written down, and those that look are named."""

from flask.testing import FlaskCliRunner

from ops import trail
from store import audit, mongo
from tests.ops import test_cli

runner = test_cli.runner


def test_a_command_is_written_down_by_who_is_at_the_terminal(
    runner: FlaskCliRunner, db: mongo.Db
) -> None:
    runner.invoke(args=["users", "add", "Chen", "--role", "viewer"])
    runner.invoke(args=["rules", "history"])
    runner.invoke(args=["users", "add", "Chen with a space"])

    rows = audit.page(db, 9)

    assert [(row["action"], row["subject"]) for row in rows] == [
        ("users add", {"name": "Chen", "role": "viewer"})
    ]
    assert rows[0]["by"].startswith("command line (")


def test_every_command_that_only_looks_is_there(runner: FlaskCliRunner) -> None:
    known = {words for words, _ in trail.commands(runner.app.cli)}

    assert not trail.LOOKING - known, "ops/trail.py names commands that are gone"
    assert known - trail.LOOKING
