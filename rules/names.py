"""Names that a rule file may have, wherever it comes from. Pure.

They are kept and shown, and one day somebody writes them into a folder: nothing in them may lead
out of it.
"""

from collections.abc import Iterable

from rules.problems import Problem

MAX_CHARS = 200
_FORBIDDEN = frozenset('\\:*?"<>|')  # what some file system or shell takes for something else


def fault(name: str) -> str | None:
    """What is wrong with a rule file's name, as a sentence's end; None where nothing is.

    >>> fault("../../etc/x.yaml")
    "'../../etc/x.yaml' is no plain path below the folder, such as shop/prices.yaml"
    >>> fault("shop/01_prices.yaml")
    """
    if len(name) > MAX_CHARS:
        return f"has a name of {len(name)} characters, at most {MAX_CHARS} fit"
    if not all(map(_is_plain, name.split("/"))):
        return f"{name!r} is no plain path below the folder, such as shop/prices.yaml"
    if not name.endswith(".yaml"):
        return f"{name!r} does not end in .yaml"
    return None


def _is_plain(part: str) -> bool:
    if not part or not part.isprintable() or _FORBIDDEN & set(part):
        return False
    return part[0] not in ".-~ " and part[-1] not in ". "


def problems(names: Iterable[str]) -> list[Problem]:
    """One for each name that may not be."""
    return [Problem(name[:MAX_CHARS], 1, 1, wrong) for name in names if (wrong := fault(name))]
