"""`flask rules` on a terminal, through the real application."""

from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app import create_app
from config.settings import Settings
from store import mongo
from tests.rules.people import one_rule


@pytest.fixture
def runner(settings: Settings, db: mongo.Db, tmp_path: Path) -> FlaskCliRunner:
    changed = settings.model_copy(update={"rules_dir": tmp_path})
    return create_app(changed).test_cli_runner()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


def test_good_files_are_summed_up(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: price}")))

    result = runner.invoke(args=["rules", "check"])

    assert result.exit_code == 0
    assert result.stdout.startswith("1 files are good: 2 intents, 1 rules (")


def test_problems_go_to_standard_error_and_end_in_1(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: prize}")))

    result = runner.invoke(args=["rules", "check", str(tmp_path)])

    assert result.exit_code == 1
    assert not result.stdout
    assert result.stderr == ("it.yaml:7:31: no intent is called 'prize'; did you mean 'price'?\n")


def test_a_folder_that_is_not_there_is_said(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["rules", "check", "/nowhere"]).exit_code == 2


def test_an_explanation_needs_no_published_version(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: price}")))

    result = runner.invoke(args=["rules", "explain", "price"])

    assert result.exit_code == 0
    assert "not published" in result.stderr
    assert "price" in result.stdout


def test_what_is_published_is_numbered_and_listed(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: price}")))

    first = runner.invoke(args=["rules", "publish", "--note", "the first"])
    again = runner.invoke(args=["rules", "publish"])
    history = runner.invoke(args=["rules", "history"])

    assert first.stdout == "published version 1\n"
    assert again.stdout == "nothing changed; still version 1\n"
    assert "the first" in history.stdout


def test_bad_files_are_not_published(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: prize}")))

    result = runner.invoke(args=["rules", "publish"])

    assert result.exit_code == 1
    assert "did you mean 'price'?" in result.stderr
