"""One clock for all processes, which may be moved on for trying."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config import clock

DAY = timedelta(days=1)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(clock, "_LOOK_AGAIN_S", 0.0)
    path = tmp_path / "clock"
    clock.follow(path)
    yield path
    clock.follow(None)


def ahead() -> timedelta:
    return clock.now() - datetime.now(UTC)


def test_without_the_setting_it_is_the_machines(tmp_path: Path) -> None:
    clock.follow(None)

    assert abs(ahead()) < timedelta(seconds=5)
    assert not clock.moved_lately()


def test_whoever_writes_the_file_moves_everybody_on(file: Path) -> None:
    assert abs(ahead()) < timedelta(seconds=5), "the file need not be there yet"

    file.write_text("86400", "ascii")

    assert abs(ahead() - DAY) < timedelta(seconds=5)
    assert clock.moved_lately()
    assert not clock.moved_lately(within_s=0.0)


def test_a_process_that_starts_later_is_ahead_and_saw_no_jump(file: Path) -> None:
    file.write_text("86400", "ascii")
    clock.follow(file)

    assert abs(ahead() - DAY) < timedelta(seconds=5)
    assert not clock.moved_lately()


@pytest.mark.parametrize("text", ["", "soon", "-5", "nan", "inf", "1e20"])
def test_what_makes_no_sense_moves_nothing(file: Path, text: str) -> None:
    file.write_text(text, "ascii")

    assert abs(ahead()) < timedelta(seconds=5)


def test_time_never_goes_back(file: Path) -> None:
    file.write_text("86400", "ascii")
    clock.now()
    file.write_text("60", "ascii")

    assert abs(ahead() - DAY) < timedelta(seconds=5)
