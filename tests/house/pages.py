"""The project's pages, and what stands in them: links, snippets, commands."""

import re
from collections.abc import Iterator
from pathlib import Path

from config.settings import ROOT

_ELSEWHERE = {".git", ".venv", ".data", "__pycache__", "results"}
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
_CODE = re.compile(r"`([^`\n]+)`")


def files() -> list[Path]:
    """Every file of the project's own; what is installed, cached or run is none."""
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not any(
            part in _ELSEWHERE or part.endswith("_cache") or part == ".hypothesis"
            for part in path.relative_to(ROOT).parts
        )
        and path != ROOT / ".env"
    )


def pages() -> list[Path]:
    """Every Markdown page."""
    return [path for path in files() if path.suffix == ".md"]


def snippets(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, with their indentation taken off."""
    found = []
    for indent, name, text in _FENCE.findall(page.read_text("utf-8")):
        if name == language:
            found.append("\n".join(line.removeprefix(indent) for line in text.splitlines()) + "\n")
    return found


def links(page: Path) -> Iterator[str]:
    """Where the page leads, as written; not what only looks like a link in a snippet."""
    for found in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        yield found[0] or found[1]


def anchors(page: Path) -> set[str]:
    """What `#…` may name on the page, as GitHub makes it from headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def codes(page: Path) -> set[str]:
    """What stands as code in sentences and tables."""
    return set(_CODE.findall(_FENCE.sub("", page.read_text("utf-8"))))


def commands(page: Path, program: str) -> Iterator[list[str]]:
    """The words after `program`, wherever it stands in a snippet or as code in a sentence."""
    shown = [line for block in snippets(page, "sh") for line in block.splitlines()]
    for code in (*shown, *sorted(codes(page))):
        bare = code.split(" #")[0].strip()
        found = re.search(rf"(?:^|[\s;&]){program} (\S.*)", bare)
        if found and "apt-get" not in bare:  # which installs programs of these names
            yield found[1].split()


def table(page: Path, heading: str) -> dict[str, list[str]]:
    """{first cell: the others} of the first table below `## heading`, without backticks."""
    section = page.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]
    return {row[0]: row[1:] for row in cells}
