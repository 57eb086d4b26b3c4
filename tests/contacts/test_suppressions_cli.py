"""`flask suppressions`: what it prints, and how it ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

import runtime
from config.settings import Settings
from contacts import suppressions_cli
from store import mongo

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, db: mongo.Db) -> Iterator[Run]:
    app = Flask("test")
    rt = app.extensions["drumbeat"] = runtime.build(settings)
    app.cli.add_command(suppressions_cli.group)
    yield lambda *words: app.test_cli_runner().invoke(args=["suppressions", *words])
    rt.db.client.close()
    rt.redis.close()


def test_somebody_is_added_listed_and_lifted(run: Run) -> None:
    given = ("add", "098123 45671", "--scope", "all", "--until", "2999-12-31", "--reason", "letter")

    assert run(*given).stdout == "held back\n"
    assert run(*given).stdout == "as much, or more, is held back already\n"
    assert "+919812345671,all,2999-12-31T18:30:00+00:00,letter,command line," in run("list").stdout
    assert run("lift", "+919812345671").stdout == "messages go through again\n"
    assert run("list").stdout.splitlines() == ["phone,scope,until,reason,source,at"]
    assert run("lift", "+919812345671").exit_code == 1


def test_what_is_wrong_is_said(run: Run) -> None:
    assert "the phone number: " in run("add", "12", "--scope", "all").stderr
    late = run("add", "+919812345671", "--scope", "all", "--until", "2020-01-01")
    assert "lies in the past" in late.stderr


def test_a_file_goes_in_and_comes_out(run: Run, tmp_path: Path) -> None:
    into, out = tmp_path / "list.csv", tmp_path / "out.csv"
    into.write_text("phone,scope\n+919812345671,all\n12,all\n")

    result = run("import", str(into))

    assert (result.exit_code, result.stdout) == (1, "held back 1, unchanged 0, rejected 1\n")
    assert f"{into}:3: phone: " in result.stderr
    assert run("export", str(out)).exit_code == 0
    assert "+919812345671,all," in out.read_text()
    assert run("import", str(out)).stdout == "held back 0, unchanged 1, rejected 0\n"
    assert run("import", str(tmp_path)).exit_code != 0
