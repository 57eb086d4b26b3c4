"""Two sets of rules side by side: those that decide, and those that might."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rules import files, publish
from rules.book import RuleBook
from rules.books import Books, NoRulesError
from runtime import Runtime


@contextmanager
def beside_published(
    rt: Runtime, candidate: Path | Mapping[str, str]
) -> Iterator[tuple[RuleBook, RuleBook]]:
    """(what decides now, the candidate: a folder or {file: text}), closed afterwards.

    Where nothing was published, version 0 without rules. Raises RuleFilesError where the candidate
    could not be published.
    """
    texts = files.read_dir(candidate) if isinstance(candidate, Path) else candidate
    publish.require_good(rt.db, texts)
    zone, engine = rt.settings.timezone, rt.settings.engine
    try:
        old = Books(rt.settings).current(rt.db)
    except NoRulesError:
        old = RuleBook(0, {}, engine, timezone=zone)
    new = RuleBook(old.version + 1, texts, engine, timezone=zone)
    try:
        yield old, new
    finally:
        old.close()
        new.close()
