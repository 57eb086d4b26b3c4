"""The published rules this process decides with: taken up within seconds, never half-way."""

import threading
import time
from dataclasses import dataclass

from config import logs
from config.settings import Settings
from rules.book import RuleBook
from store import mongo, rule_versions

_LOOK_AGAIN_S = 1.0

log = logs.get(__name__)


class NoRulesError(Exception):
    """No set of rules was ever published."""


@dataclass(slots=True)
class _Shelf:
    book: RuleBook | None = None
    plain: RuleBook | None = None
    looked_at: float = 0.0


class Books:
    """The latest version, compiled once. Safe to share between threads.

    A version is used from the start of an event to its end: whoever holds a book keeps it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._shelf = _Shelf()
        self._lock = threading.Lock()

    def current(self, db: mongo.Db) -> RuleBook:
        """The book that decides now; asks for a newer one at most once a second.

        Raises NoRulesError where nothing was ever published.
        """
        with self._lock:
            shelf = self._shelf
            now = time.monotonic()
            if shelf.book is None or now - shelf.looked_at >= _LOOK_AGAIN_S:
                shelf.looked_at = now
                self._look(db, shelf)
            if shelf.book is None:
                raise NoRulesError("no rules were published yet: run `flask rules publish`")
            return shelf.book

    def plain(self, db: mongo.Db) -> RuleBook:
        """The same version with the Python engine, for an event that may have killed a worker."""
        book = self.current(db)
        if book.engine_name == "python":
            return book
        with self._lock:
            if self._shelf.plain is None or self._shelf.plain.version != book.version:
                version = rule_versions.find(db, book.version)
                if version is None:
                    return book
                self._shelf.plain = RuleBook(
                    book.version,
                    dict(version["files"]),
                    "python",
                    timezone=self._settings.timezone,
                )
            return self._shelf.plain

    def _look(self, db: mongo.Db, shelf: _Shelf) -> None:
        number = rule_versions.latest_number(db)
        if number is None or (shelf.book is not None and shelf.book.version == number):
            return
        version = rule_versions.find(db, number)
        if version is None:
            return
        previous = shelf.book
        shelf.book = RuleBook(
            number,
            dict(version["files"]),
            self._settings.engine,
            timezone=self._settings.timezone,
        )
        log.info("rules taken up", rule_version=number, engine=shelf.book.engine_name)
        if previous is not None:
            previous.close()  # a closed book still answers whoever holds it
