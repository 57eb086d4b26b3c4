"""Which numbers a file has had, and on which line first, in the same memory for any file.

A million numbers in a Python set take a hundred megabytes; a hash or a filter that forgets some
would be wrong about a few. SQLite keeps them exactly, in a file without a name that the operating
system removes, come what may.
"""

import sqlite3
from types import TracebackType
from typing import Self

_CACHE_KIB = 4096


class FirstLines:
    """{number: line}. A context manager; not to be shared between threads."""

    def __init__(self) -> None:
        # An empty name means a private database on disk, deleted when it is closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA temp_store = FILE")
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE seen (number INTEGER PRIMARY KEY, line INTEGER NOT NULL)")
        self._db.execute("BEGIN")

    def earlier(self, wa_id: str, line: int) -> int | None:
        """The line on which this number stood before; None, and remembered, where on none.

        A wa_id has 15 digits at most and never begins with 0, so it is its own number.
        """
        key = int(wa_id)
        kept = self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line))
        if kept.rowcount == 1:
            return None
        first = self._db.execute("SELECT line FROM seen WHERE number = ?", (key,)).fetchone()
        return int(first[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
