"""`flask campaigns …` and its exit status."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

import runtime
from config.settings import Settings
from reports.cli import group
from store import campaigns, mongo
from tests.makers import ASHA, make_contact

GOOD = """
campaign: price_list
type: triggered
message: {text: "Our prices"}
trigger: {intent: price_enquiry}
"""
BAD = "campaign: broken\ntype: triggered\nmessage: {}\ncolour: red\n"

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, db: mongo.Db) -> Run:
    app = Flask("test")
    app.extensions["drumbeat"] = runtime.build(settings)
    app.cli.add_command(group)

    def call(*args: str) -> Result:
        return app.test_cli_runner().invoke(args=["campaigns", *args])

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "campaigns.yaml"
    path.write_text(GOOD)
    return path


def test_a_good_file_is_applied_and_applied_again(run: Run, file: Path, db: mongo.Db) -> None:
    assert run("apply", str(file)).exit_code == 0
    again = run("apply", str(file))

    assert (again.exit_code, again.stdout) == (0, "price_list: version 1, draft\n")
    assert campaigns.find(db, "price_list") is not None


def test_a_bad_document_is_told_by_its_paths_and_stops_no_other(
    run: Run, file: Path, db: mongo.Db
) -> None:
    file.write_text(f"{BAD}---{GOOD}---\n- a list\n")

    result = run("apply", str(file))

    assert result.exit_code == 1
    told = result.stderr.splitlines()
    assert [line.split(": ")[:2] for line in told] == [
        [str(file), "message"], [str(file), "colour"], [str(file), "campaign"],
    ]  # fmt: skip
    assert campaigns.find(db, "price_list") is not None
    assert campaigns.find(db, "broken") is None


@pytest.mark.parametrize("content", [b"a: [", b"", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_told(run: Run, file: Path, content: bytes) -> None:
    file.write_bytes(content)

    result = run("apply", str(file))

    assert result.exit_code == 1
    assert str(file) in result.stderr


def test_a_campaign_goes_through_its_life(run: Run, file: Path) -> None:
    run("apply", str(file))

    for step, state in (
        ("start", "active"), ("pause", "paused"), ("resume", "active"), ("cancel", "cancelled"),
    ):  # fmt: skip
        result = run(step, "price_list")
        assert (result.exit_code, result.stdout) == (0, f"price_list: {state}\n")


def test_an_impossible_step_says_why(run: Run, file: Path) -> None:
    run("apply", str(file))

    result = run("pause", "price_list")

    assert result.exit_code == 1
    assert "draft" in result.stderr


@pytest.mark.parametrize("step", ["start", "pause", "resume", "cancel", "report"])
def test_an_unknown_campaign_is_told(run: Run, step: str) -> None:
    result = run(step, "nothing")

    assert result.exit_code == 1
    assert "no campaign nothing" in result.stderr


def test_a_report_is_json(run: Run, file: Path) -> None:
    run("apply", str(file))

    result = run("report", "price_list")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["campaign"] == "price_list"


OFFER = """
campaign: diwali_offer
type: one_time
message: {text: "Hello"}
audience: {segments: [vip]}
"""


def test_a_one_time_campaign_is_tried_looked_at_copied_and_started(
    run: Run, file: Path, db: mongo.Db
) -> None:
    file.write_text(OFFER)
    assert run("apply", str(file)).exit_code == 0
    make_contact(db, ASHA, segments=["vip"])

    seen = json.loads(run("preview", "diwali_offer").stdout)
    assert (seen["audience"], seen["excluded_by_reason"]) == (1, {"window_closed": 1})
    assert run("test", "diwali_offer", ASHA).stdout == "diwali_offer: 1 on their way\n"
    unknown = run("test", "diwali_offer", "+14155550123")
    assert (unknown.exit_code, "nobody is known" in unknown.stderr) == (1, True)
    assert run("duplicate", "diwali_offer", "holi_offer").stdout == "holi_offer: draft\n"
    assert run("start", "diwali_offer").stdout == "diwali_offer: running\n"
    assert run("retry-failed", "diwali_offer").exit_code == 1
    assert run("preview", "nothing").exit_code == 1


def test_starting_what_nobody_might_ever_start_is_warned_of(run: Run, file: Path) -> None:
    run("apply", str(file))

    started = run("start", "price_list")

    assert (started.exit_code, started.stdout) == (0, "price_list: active\n")
    assert "price_list: warning: It waits for an intent, but no rules" in started.stderr
