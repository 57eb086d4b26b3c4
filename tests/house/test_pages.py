"""What the pages say leads somewhere, and tells nothing of whoever wrote it."""

import re
from pathlib import Path

import pytest

from config.settings import ROOT
from tests.house import pages

PAGES = pages.pages()
WANTED = {
    "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md",
    "docs/contacts.md", "docs/rules.md", "docs/running.md", "docs/webhook.md",
    "simulator/README.md",
}  # fmt: skip
PICTURE_BYTES = 150_000
# In brackets, so that this file does not name them either.
MACHINES = re.compile(
    r"/[w]ork/|/[h]ome/\w|/[r]oot/|[p]ypi\.org|[p]ythonhosted|[i]ndex-url [=h]|[r]egistry\.npm"
    r"|[a]rtifactory|[1]0\.\d+\.\d+\.\d+"
)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_page_that_a_newcomer_looks_for_is_there() -> None:
    assert {named(page) for page in PAGES} >= WANTED


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    broken = []
    for link in pages.links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in pages.anchors(target)):
            broken.append(link)
    assert not broken


def test_pictures_are_small_and_shown() -> None:
    shown = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in pages.links(page)
        if link.endswith(".png")
    }
    pictures = set((ROOT / "docs" / "images").iterdir())
    assert pictures == shown
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < PICTURE_BYTES


def test_no_file_names_a_machine_or_a_registry() -> None:
    naming = []
    for path in pages.files():
        text = path.read_bytes().decode("utf-8", "ignore")
        if found := MACHINES.search(text):
            naming.append(f"{named(path)}: {found.group()}")
    assert not naming


def test_the_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    paths = re.findall(r"`([\w./-]+\.(?:py|toml|md)|tests/\w+)`", text)
    assert paths
    assert not [path for path in paths if not (ROOT / path).exists()]
    assert not [path for path in paths if path.startswith("tests/") and not _has_tests(path)]


def _has_tests(path: str) -> bool:
    place = ROOT / path
    return place.is_file() or any(place.glob("test_*.py"))
