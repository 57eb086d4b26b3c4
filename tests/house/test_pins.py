"""What is installed is pinned by hash, and what it may be used for is said."""

import re
import tomllib
from pathlib import Path

import pytest

from config.settings import ROOT

PINS = sorted(ROOT.glob("requirements*.txt"))
PARTS = (
    "Definitions", "Grant of Copyright License", "Grant of Patent License", "Redistribution",
    "Submission of Contributions", "Trademarks", "Disclaimer of Warranty",
    "Limitation of Liability", "Accepting Warranty or Additional Liability",
)  # fmt: skip


def pins(file: Path) -> dict[str, str]:
    """{package: version}."""
    text = file.read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_every_requirement_is_one_version_with_its_hashes(file: Path) -> None:
    text = file.read_text("utf-8").replace("\\\n", " ")
    requirements = [
        line for line in text.splitlines() if line and not line.lstrip().startswith("#")
    ]
    assert requirements
    for line in requirements:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ ", line), line
        assert "--hash=sha256:" in line, line


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_no_requirement_says_where_it_comes_from(file: Path) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", file.read_text("utf-8"))


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_everything_that_was_asked_for_is_pinned(file: Path) -> None:
    asked = file.with_suffix(".in").read_text("utf-8").splitlines()
    names = {re.split(r"[\[ ;=<>]", line)[0] for line in asked if line and line[0] not in "#-"}
    pinned = set(
        re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", file.read_text("utf-8"), re.MULTILINE)
    )
    assert names <= pinned


def test_what_runs_and_what_tests_have_the_same_versions() -> None:
    runs, tests = pins(ROOT / "requirements.txt"), pins(ROOT / "requirements-dev.txt")
    assert {name: tests.get(name) for name in runs} == runs


def test_the_license_is_apache_2_and_all_of_it() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.lstrip().startswith("Apache License\n                           Version 2.0")
    for number, part in enumerate(PARTS, 1):
        assert re.search(rf"^   {number}\. {part}\.?", text, re.MULTILINE), part
    assert "END OF TERMS AND CONDITIONS" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License 2.0" in (ROOT / "README.md").read_text("utf-8")


def test_the_changelog_tells_of_the_version_to_come() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## \[(.+?)\](?: - \d{4}-\d\d-\d\d)?$", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    kinds = set(re.findall(r"^### (\w+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
