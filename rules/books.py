"""The published rules this process decides with: taken up within seconds, never half-way."""

import threading
import time
from dataclasses import dataclass, field

from config import logs, metrics
from config.settings import Settings
from contacts.segments import Directories
from rules.book import RuleBook
from store import mongo, queue, rule_versions
from store.documents.rule_version import RuleVersion
from store.mongo import StoreError

_LOOK_AGAIN_S = 1.0
_FIRST = 0  # below every number

log = logs.get(__name__)


class NoRulesError(Exception):
    """No set of rules was ever published, or none that this release can read."""


@dataclass(slots=True)
class _Shelf:
    """book: what decides. plain, earlier: the Python engine's, and an older version's.

    seen: the latest number looked at. unreadable: newer versions that were passed over.
    """

    book: RuleBook | None = None
    plain: RuleBook | None = None
    earlier: RuleBook | None = None
    seen: int = _FIRST
    unreadable: set[int] = field(default_factory=set)
    looked_at: float = 0.0


class Books:
    """The latest version, compiled once. Safe to share between threads.

    A version is used from the start of an event to its end: whoever holds a book keeps it.
    segments: the live ones, which decisions look at too.
    """

    def __init__(self, settings: Settings) -> None:
        self.segments = Directories()
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
                if shelf.unreadable:
                    raise NoRulesError("no published version can be read by this release")
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
                self._shelf.plain = self._open(version, plain=True)
            return self._shelf.plain

    def at(self, db: mongo.Db, number: int) -> RuleBook | None:
        """The book of version `number`, for an event that was begun under it.

        None where this release cannot read it. The last one asked for is kept.
        """
        book = self.current(db)
        if book.version == number:
            return book
        with self._lock:
            kept = self._shelf.earlier
            if kept is not None and kept.version == number:
                return kept
            version = rule_versions.find(db, number)
            opened = self._try(version, plain=True) if version else None
            if opened is not None:
                self._shelf.earlier = opened
            return opened

    def unreadable(self) -> tuple[int, ...]:
        """Published versions, newer than the one that decides, which this release cannot read."""
        with self._lock:
            return tuple(sorted(self._shelf.unreadable))

    def _look(self, db: mongo.Db, shelf: _Shelf) -> None:
        """Take up the latest version that can be read.

        One that cannot (a newer release published it) is passed over with an alarm, once.
        """
        number = rule_versions.latest_number(db)
        if number is None or number == shelf.seen:
            return
        held = shelf.book.version if shelf.book else _FIRST
        for candidate in rule_versions.numbers_above(db, held):
            if candidate in shelf.unreadable:
                continue
            version = rule_versions.find(db, candidate)
            book = self._try(version, plain=False) if version else None
            if book is not None:
                self._take_up(shelf, book)
                break
            shelf.unreadable.add(candidate)
        shelf.seen = number

    def _take_up(self, shelf: _Shelf, book: RuleBook) -> None:
        previous, shelf.book = shelf.book, book
        shelf.unreadable = {number for number in shelf.unreadable if number > book.version}
        log.info("rules taken up", rule_version=book.version, engine=book.engine_name)
        if previous is not None:
            previous.close()  # a closed book still answers whoever holds it

    def _try(self, version: RuleVersion, *, plain: bool) -> RuleBook | None:
        try:
            return self._open(version, plain=plain)
        except (StoreError, queue.JobTimeout, MemoryError):
            raise  # says nothing about the version
        except Exception:  # whatever is wrong with it, the last good version goes on
            log.exception("a published version cannot be read", rule_version=version["_id"])
            metrics.RULES_UNREADABLE.inc()
            return None

    def _open(self, version: RuleVersion, *, plain: bool) -> RuleBook:
        return RuleBook(
            version["_id"],
            dict(version["files"]),
            "python" if plain else self._settings.engine,
            timezone=self._settings.timezone,
        )
