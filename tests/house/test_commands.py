"""The commands that the pages show are there, and those that are there are shown."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app import create_app
from config.settings import ROOT, Settings
from demo.stack import procfile
from tests.house import pages

README = ROOT / "README.md"
NOT_OURS = {"routes", "run", "shell"}  # Flask's own
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


@pytest.fixture
def group(settings: Settings) -> Iterator[click.Group]:
    app = create_app(settings)
    yield app.cli
    app.extensions["drumbeat"].db.client.close()


def find(group: click.Group, words: list[str]) -> click.Command | None:
    """The command that these words call; None where one of them names none."""
    command: click.Command | None = group
    for word in words:
        if not isinstance(command, click.Group):
            break
        command = command.commands.get(word)
    return command


def leaves(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*above, name))
        elif (*above, name)[0] not in NOT_OURS:
            yield (*above, name)


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.name)
def test_every_flask_command_on_a_page_exists(page: Path, group: click.Group) -> None:
    for words in pages.commands(page, "flask"):
        if words == ["…"] or words[0] == "--help":
            continue
        command = find(group, words)
        assert command is not None, words
        known = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known, words


def test_the_readme_shows_every_command(group: click.Group) -> None:
    shown = " ".join(pages.table(README, "Commands"))
    rest = README.read_text("utf-8").split("\n## Commands\n")[1]
    for words in leaves(group):
        told = f"flask {' '.join(words)}" in shown or (
            words[0] == "campaigns" and f"`{words[-1]}`" in rest
        )
        assert told, words


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.name)
def test_every_make_target_on_a_page_exists(page: Path) -> None:
    for words in pages.commands(page, "make"):
        assert words[0] in TARGETS, words


def test_the_readme_shows_every_make_target() -> None:
    shown = {words[0] for words in pages.commands(README, "make")}
    assert shown == TARGETS


def test_make_start_finds_the_programs_of_the_procfile_and_the_readmes_port() -> None:
    recipe = MAKEFILE.split("\nstart:")[1].split("\n\n")[0]
    assert "$(CURDIR)/$(BIN):" in recipe, "honcho's shell must find what is in .venv"
    assert "${PORT:-8000}" in recipe, "honcho's own default is 5000"


def test_the_setup_names_what_the_readme_installs() -> None:
    installed = next(
        line for line in README.read_text("utf-8").splitlines() if line.startswith("apt-get")
    )
    packages = set(installed.split()[2:])
    asked_for = set()
    for line in (ROOT / "tools" / "setup.sh").read_text("utf-8").splitlines():
        if found := re.search(r"apt-get install ([^\"]+)\"", line):
            asked_for |= set(found[1].replace("$version", "3.11").split())
    assert asked_for - {"libssl3"} <= packages  # which every system has


def test_ci_runs_what_the_readme_names() -> None:
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & stat.S_IXUSR
    lines = run.read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("make ")] == [
        "make setup", "make lint", "make test",
    ]  # fmt: skip


def test_running_names_the_commands_of_the_procfile() -> None:
    running = (ROOT / "docs" / "running.md").read_text("utf-8")
    assert procfile()["worker"] in running
    assert procfile()["web"].replace('"', "") in running
