"""Reads a folder of rule files, or a published set of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from rules.nodes import MAX_FILE_BYTES, Document, parse
from rules.problems import Problem, RuleFilesError

__all__ = ["Document", "Problem", "RuleFilesError", "read", "read_dir"]

MAX_FILES = 500


def read_dir(folder: Path) -> dict[str, str]:
    """{name below `folder`: text} of every `*.yaml` there, sorted. Raises RuleFilesError."""
    texts, problems = look(folder)
    if problems:
        raise RuleFilesError(problems)
    return texts


def look(folder: Path) -> tuple[dict[str, str], list[Problem]]:
    """What `read_dir` reads, and what keeps files from being read.

    A link that leads out of the folder is a problem: nobody publishes /etc by accident.
    """
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    if not folder.is_dir():
        return {}, [Problem(str(folder), 1, 1, "is no folder")]
    paths = sorted(p for p in folder.rglob("*.yaml") if p.is_file())
    for path in paths[:MAX_FILES]:
        name = path.relative_to(folder).as_posix()
        try:
            if not path.resolve().is_relative_to(folder.resolve()):
                problems.append(Problem(name, 1, 1, "is a link that leads out of the folder"))
                continue
            if path.stat().st_size > MAX_FILE_BYTES:
                problems.append(Problem(name, 1, 1, f"is larger than {MAX_FILE_BYTES} bytes"))
                continue
            texts[name] = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            problems.append(Problem(name, line, 1, "is not UTF-8 text"))
        except OSError as error:
            problems.append(Problem(name, 1, 1, f"cannot be read: {error.strerror}"))
    if len(paths) > MAX_FILES:
        problems.append(Problem(str(folder), 1, 1, f"holds more than {MAX_FILES} rule files"))
    return texts, problems


def read(texts: Mapping[str, str]) -> tuple[list[Document], list[Problem]]:
    """Parse {name: text}, sorted by name; files that cannot be parsed become problems."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for name in sorted(texts):
        try:
            documents.append(parse(name, texts[name]))
        except RuleFilesError as error:
            problems.extend(error.problems)
    return documents, problems


def intent_names(documents: Iterable[Document]) -> frozenset[str]:
    """Intents by name, those with problems too: a rule that names one is not wrong for it."""
    defined = (document.root.items.get("intents") for document in documents)
    return frozenset(str(name) for node in defined if node for name in node.items)
