"""`flask campaigns enrol|withdraw|move` and their exit status."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

import runtime
from campaigns import life, service
from campaigns.people_cli import group
from config.settings import Settings
from store import mongo
from tests.clock import NOW
from tests.makers import ASHA, BILAL, make_contact

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, db: mongo.Db) -> Run:
    app = Flask("test")
    app.extensions["drumbeat"] = runtime.build(settings)
    app.cli.add_command(group)
    document = {"type": "drip", "steps": [{"after": "1 day", "message": {"text": "hello"}}]}
    service.define(db, "welcome", document, "test", NOW)
    life.start(db, "welcome", "test", NOW)
    make_contact(db, ASHA)
    return lambda *args: app.test_cli_runner().invoke(args=["campaigns", *args])


def test_a_person_is_enrolled_and_withdrawn(run: Run) -> None:
    assert run("enrol", "welcome", f"+{ASHA}").stdout == "welcome: enrolled 1, left out 0\n"
    assert run("withdraw", "welcome", f"+{ASHA}").stdout == "welcome: withdrawn\n"
    assert run("withdraw", "welcome", f"+{ASHA}").stdout == "welcome: was not in it\n"
    assert run("move", "welcome").stdout == "welcome: moved 0\n"


def test_a_file_tells_its_lines(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"name,phone\nAsha,+{ASHA}\nBilal,+{BILAL}\n")

    result = run("enrol", "welcome", "--file", str(file))

    assert (result.exit_code, result.stdout) == (1, "welcome: enrolled 1, left out 1\n")
    assert "nobody is known by it" in result.stderr


def test_what_cannot_be_done_is_said(run: Run) -> None:
    assert run("enrol", "welcome").exit_code == 2
    assert "there is no campaign none" in run("enrol", "none", f"+{ASHA}").stderr
    assert "there is no campaign none" in run("move", "none").stderr
