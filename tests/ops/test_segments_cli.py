"""`flask segments …`: what it prints, and its exit status."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

import runtime
from config.settings import Settings
from ops import segments_cli
from store import mongo
from tests.makers import ASHA, BILAL, make_contact

Run = Callable[..., Result]
GOOD = """
segment: pune
where: {attributes.city: Pune}
---
segment: testers
"""


@pytest.fixture
def run(settings: Settings, db: mongo.Db) -> Iterator[Run]:
    app = Flask("test")
    rt = runtime.build(settings)
    app.extensions["drumbeat"] = rt
    app.cli.add_command(segments_cli.group)
    yield lambda *args: app.test_cli_runner().invoke(args=["segments", *args])
    rt.db.client.close()


def test_segments_are_described_listed_and_counted(run: Run, db: mongo.Db, tmp_path: Path) -> None:
    make_contact(db, ASHA, attributes={"city": "Pune"})
    file = tmp_path / "segments.yaml"
    file.write_text(GOOD)

    applied = run("apply", str(file))

    assert (applied.exit_code, applied.stdout) == (0, "pune live\ntesters static\n")
    assert run("list").stdout == (
        "pune\tlive\tpeople whose city is Pune\ntesters\tstatic\tpeople who are in testers\n"
    )
    assert run("count", "pune").stdout == "1 people whose city is Pune\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "segment: x\nwhere: {attributes.n: {gtt: 1}}",
            "x: attributes.n.gtt: 'gtt' is no operator",
        ),
        ("segment: x\nwhere: {segments: x}", "x: the live segments go round in a circle"),
        ("segment: x\nwhen: {}", "when: is no key of a segment"),
        ("where: {country: IN}", "every document needs the name of its segment"),
        ("", "holds no segment"),
        ("{", "segments.yaml:1:2: no YAML"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(run: Run, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "segments.yaml"
    file.write_text(text)

    result = run("apply", str(file))

    assert result.exit_code == 1
    assert told in result.stderr


def test_members_come_and_go(run: Run, db: mongo.Db) -> None:
    make_contact(db, ASHA)
    make_contact(db, BILAL)

    assert run("add", "vip", ASHA, f"+{BILAL}").stdout == "added 2\n"
    assert run("count", "vip").stdout == "2 people who are in vip\n"
    assert run("remove", "vip", ASHA).stdout == "removed 1\n"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("count", "none"), "there is no segment none"),
        (("add", "a b", ASHA), "is no name"),
        (("add", "vip", "abc"), "phone 1: not a phone number"),
        (("add", "vip", ASHA), "phone 1: no contact has it"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, args: tuple[str, ...], told: str) -> None:
    result = run(*args)

    assert result.exit_code == 1
    assert told in result.stderr
