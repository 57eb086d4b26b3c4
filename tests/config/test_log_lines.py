"""No way of logging puts a wamid, a number or an exception's words on a line."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from config import logs
from tests.config.test_logs import NUMBER, WAMID

KEYS = [*sorted(logs.ALLOWED - {"event", "exc_info"}), "_wamid", "wamid"]
WORDS = f"the secret words of {NUMBER}"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What `logs.configure` sends to standard error from here on; all is as before afterwards."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    logs.configure("DEBUG")
    yield lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**before)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("shape", [str, lambda one: f"m:{one}:x", lambda one: [{"id": one}]])
def test_a_wamid_reaches_no_line_under_any_key(
    lines: Lines, key: str, shape: Callable[[str], Any]
) -> None:
    logs.get("x").warning("a fixed sentence", **{key: shape(WAMID)})

    (line,) = lines()
    assert WAMID.removeprefix("wamid.") not in json.dumps(line)
    assert line["event"] == "a fixed sentence"


def test_a_wamid_in_a_sentence_reaches_no_line(lines: Lines) -> None:
    logs.get("x").warning(f"no delivery for {WAMID}")
    logging.getLogger("y").warning("no delivery for %s", WAMID)

    assert [line["event"] for line in lines()] == ["no delivery for [wamid]"] * 2


@pytest.mark.parametrize(
    "written",
    [NUMBER, f"+{NUMBER}", "+91 98123 45670", "+91-98123-45670", "+1 (650) 555-1234"],
)
def test_a_number_is_masked_however_it_is_written(lines: Lines, written: str) -> None:
    logs.get("x").warning(f"not reached: {written}; next")

    assert [line["event"] for line in lines()] == ["not reached: [number]; next"]


def test_ids_dates_and_counts_stay_readable(lines: Lines) -> None:
    logs.get("x").info(
        "ended at 2026-11-24 10:11:12 with 1234567 of 7654321",
        run_id="656012345678901234567890", duration_ms=123456789, code=2494100,
    )  # fmt: skip

    (line,) = lines()
    assert line["event"] == "ended at 2026-11-24 10:11:12 with 1234567 of 7654321"
    assert line["run_id"] == "656012345678901234567890"
    assert (line["duration_ms"], line["code"]) == (123456789, 2494100)


def test_what_is_bound_or_about_is_held_to_the_same_keys(lines: Lines) -> None:
    with logs.about(contact_id="c1", phone=NUMBER):
        logs.get("x").bind(text="my words", run_id="r1").info("one")

    (line,) = lines()
    assert (line["contact_id"], line["run_id"]) == ("c1", "r1")
    assert not {"phone", "text"} & line.keys()


def fail() -> None:
    raise KeyError(WORDS)


def fail_twice() -> None:
    try:
        fail()
    except KeyError as error:
        raise RuntimeError(WORDS) from error


def test_a_librarys_exception_loses_its_words_too(lines: Lines) -> None:
    try:
        fail()
    except KeyError:
        logging.getLogger("y").exception("went wrong", extra={"phone": NUMBER}, stack_info=True)

    (line,) = lines()
    assert line["exception"].endswith("KeyError")
    assert "test_log_lines.py" in line["exception"]
    assert "secret words" not in json.dumps(line)
    assert NUMBER not in json.dumps(line)


def test_a_cause_loses_its_words_as_its_effect_does(lines: Lines) -> None:
    try:
        fail_twice()
    except RuntimeError as error:
        error.add_note(WORDS)
        logs.get("x").error("went wrong", exc_info=error)

    (line,) = lines()
    assert line["exception"].endswith("RuntimeError")
    assert "secret words" not in json.dumps(line)


def test_a_line_is_one_line_of_ascii_whatever_is_in_it(lines: Lines) -> None:
    logs.get("x").warning("नमस्ते\nnext \ud800", reason=object(), count=float("inf"))

    assert len(lines()) == 1


def test_libraries_that_log_addresses_are_heard_only_when_they_warn(lines: Lines) -> None:
    logging.getLogger("urllib3.connectionpool").info("GET /?access_token=x")
    logging.getLogger("pymongo.command").debug("find")

    assert lines() == []
