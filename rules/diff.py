"""What differs between two sets of rule files: in lines, in rules and in intents. Pure."""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rules import files, structure
from store.documents.rule_version import Changes, FileChange, NameChanges

Texts = Mapping[str, str]
_MOST_DIFFERING = 4_000  # lines


def changes(before: Texts, after: Texts) -> Changes:
    """A count of what changed, by file, rule and intent.

    Either set may hold what this version cannot read; then only its lines are counted.
    """
    old, new = _named(before), _named(after)
    return {
        "files": [_of_file(name, before, after) for name in _differing(before, after)],
        "rules": _names(old[0], new[0]),
        "intents": _names(old[1], new[1]),
    }


def text(before: Texts, after: Texts, *, was: str, now: str) -> str:
    """The difference as `diff -u` writes it; empty where there is none. was, now: what they are."""
    return "".join(line for name in _differing(before, after) for line in _lines(
        name, before.get(name), after.get(name), was, now
    ))  # fmt: skip


def summary(changed: Changes | None) -> str:
    """In a few words, for a list.

    >>> summary({"files": [{"file": "a.yaml", "change": "changed", "plus": 2, "minus": 1}],
    ...          "rules": {"added": ["hi"], "changed": [], "removed": []},
    ...          "intents": {"added": [], "changed": ["price"], "removed": []}})
    'rules: +hi; intents: ~price; 1 file, +2 -1 lines'
    """
    if changed is None:
        return ""
    parts = [
        f"{what}: {said}"
        for what, names in (("rules", changed["rules"]), ("intents", changed["intents"]))
        if (said := _said(names))
    ]
    if count := len(changed["files"]):
        plus = sum(one["plus"] for one in changed["files"])
        minus = sum(one["minus"] for one in changed["files"])
        parts.append(f"{count} file{'s' if count > 1 else ''}, +{plus} -{minus} lines")
    return "; ".join(parts) or "nothing changed"


def _said(names: NameChanges, most: int = 6) -> str:
    marked = [
        *(f"+{name}" for name in names["added"]),
        *(f"~{name}" for name in names["changed"]),
        *(f"-{name}" for name in names["removed"]),
    ]
    more = f" and {len(marked) - most} more" if len(marked) > most else ""
    return " ".join(marked[:most]) + more


def _differing(before: Texts, after: Texts) -> list[str]:
    return sorted(n for n in {*before, *after} if before.get(n) != after.get(n))


def _of_file(name: str, before: Texts, after: Texts) -> FileChange:
    old, new = before.get(name), after.get(name)
    gone, come = Counter((old or "").splitlines()), Counter((new or "").splitlines())
    return {
        "file": name,
        "change": "added" if old is None else "removed" if new is None else "changed",
        "plus": (come - gone).total(),
        "minus": (gone - come).total(),
    }


def _lines(name: str, old: str | None, new: str | None, was: str, now: str) -> Iterator[str]:
    gone, come = (text.splitlines(keepends=True) for text in (old or "", new or ""))
    labels = (
        f"{name}\t{was}" if old is not None else "/dev/null",
        f"{name}\t{now}" if new is not None else "/dev/null",
    )
    told = _replaced if _is_too_much(gone, come) else difflib.unified_diff
    for line in told(gone, come, *labels):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _is_too_much(gone: list[str], come: list[str]) -> bool:
    """Whether finding the least difference would take long: it may cost the product of both."""
    return len(set(gone) ^ set(come)) > _MOST_DIFFERING


def _replaced(gone: list[str], come: list[str], was: str, now: str) -> Iterator[str]:
    """The difference of files that have little in common: all of the one, all of the other."""
    yield f"--- {was}\n"
    yield f"+++ {now}\n"
    yield f"@@ -1,{len(gone)} +1,{len(come)} @@\n"
    yield from (f"-{line}" for line in gone)
    yield from (f"+{line}" for line in come)


def _named(texts: Texts) -> tuple[dict[str, Any], dict[str, Any]]:
    """(rules, intents) by name, as far as they can be read."""
    documents, _ = files.read(texts)
    found = structure.contents(documents)
    return (
        {placed.rule.rule: placed.rule for placed in found.rules},
        {placed.name: placed.intent for placed in found.intents},
    )


def _names(old: Mapping[str, Any], new: Mapping[str, Any]) -> NameChanges:
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        "removed": sorted(old.keys() - new.keys()),
    }
