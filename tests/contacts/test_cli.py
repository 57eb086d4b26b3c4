"""`flask contacts …` and its exit status."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

import runtime
from config.settings import Settings
from contacts import cli, handover
from store import mongo
from tests.makers import ASHA, make_contact

Run = Callable[..., Result]


@pytest.fixture
def app(settings: Settings, db: mongo.Db) -> Flask:
    app = Flask("test")
    app.extensions["drumbeat"] = runtime.build(settings)
    app.cli.add_command(cli.group)
    return app


@pytest.fixture
def run(app: Flask) -> Run:
    def call(*args: str) -> Result:
        return app.test_cli_runner().invoke(args=["contacts", *args])

    return call


def test_a_good_file_ends_well(run: Run, tmp_path: Path, db: mongo.Db) -> None:
    file = tmp_path / "people.csv"
    file.write_text("phone,opted_in\n+919812345670,yes\n")

    result = run("import", str(file))

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "created 1, updated 0, unchanged 0, rejected 0\n"
    [asha] = db.contacts.find()
    assert asha["consent"]["evidence"] == "people.csv"


def test_rejected_rows_are_told_with_file_and_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.ndjson"
    file.write_text('{"phone":"+919812345670"}\n{"phone":"12"}\n')

    result = run("import", str(file))

    assert result.exit_code == 1
    assert result.stderr.startswith(f"{file}:2: phone: ")
    assert result.stdout == "created 1, updated 0, unchanged 0, rejected 1\n"


@pytest.mark.parametrize(("name", "text"), [("people.txt", "phone\n"), ("people.csv", "tel\n")])
def test_a_file_that_cannot_be_used_is_told(run: Run, tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)

    result = run("import", str(file))

    assert result.exit_code == 1
    assert str(file) in result.stderr


def test_a_person_is_erased_once(run: Run, tmp_path: Path, db: mongo.Db) -> None:
    file = tmp_path / "people.csv"
    file.write_text("phone\n+919812345670\n")
    run("import", str(file))

    assert run("erase", "098123 45670").exit_code == 0
    assert db.contacts.count_documents({}) == 0
    again = run("erase", "098123 45670")
    assert (again.exit_code, again.stderr) == (1, "Error: nothing is known of this person\n")


def test_what_is_no_phone_number_erases_nobody(run: Run) -> None:
    assert run("erase", "12").exit_code == 1


def test_a_database_that_is_away_is_told_without_a_traceback(app: Flask, run: Run) -> None:
    rt: runtime.Runtime = app.extensions["drumbeat"]
    away = mongo.connect("mongodb://127.0.0.1:9/x?directConnection=true", timeout_s=0.2)
    app.extensions["drumbeat"] = replace(rt, db=away)

    result = run("erase", "098123 45670")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the database did not do what was asked")


def test_the_kind_of_an_attribute_is_said_and_listed(run: Run) -> None:
    assert run("define", "pin", "text").stdout == "pin text\n"
    assert run("attributes").stdout == "pin\ttext\tcommand line\n"
    assert "no attribute name" in run("define", "a b", "text").stderr


def test_whom_an_agent_answers_is_handed_back_to_the_rules(run: Run, db: mongo.Db) -> None:
    now = datetime.now(UTC)
    handed = handover.begun(now, now + handover.DEFAULT, "help", "")
    make_contact(db, ASHA, handed_over=handed)

    assert run("hand-back", f"+{ASHA}").stdout == "rules answer again\n"
    again = run("hand-back", f"+{ASHA}")
    assert again.exit_code == 1
    assert "no agent answers this person" in again.stderr


def test_everybody_is_exported(run: Run, tmp_path: Path) -> None:
    file, again = tmp_path / "people.csv", tmp_path / "again.csv"
    file.write_text("phone,name\n+919812345670,Asha\n")
    run("import", str(file))

    assert run("export", str(again)).exit_code == 0

    assert again.read_text().splitlines()[1].startswith("+919812345670,Asha,")
    assert run("import", str(again)).stdout == "created 0, updated 0, unchanged 1, rejected 0\n"
    assert "no segment vip" in run("export", str(again), "--segment", "vip").stderr
    assert "name it .csv" in run("export", str(tmp_path / "people.txt")).stderr
