"""A clock that can be moved on, for trying what happens after days.

How far it is ahead stands in a file, in seconds, so that whoever is to move along can read it.
"""

import threading
import time
from pathlib import Path

MOST_S = 366 * 86_400


class MovedClock:
    """Called, it tells the seconds since the epoch. Threads share one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._ahead_s = self._read()

    def __call__(self) -> float:
        return time.time() + self._ahead_s

    def move(self, by_s: float) -> float:
        """Be further ahead; the seconds ahead now. The file is whole at every moment."""
        with self._lock:
            ahead_s = self._ahead_s + by_s
            beside = self._file.with_suffix(".new")
            beside.write_text(f"{ahead_s:.3f}", "ascii")
            beside.replace(self._file)
            self._ahead_s = ahead_s
            return ahead_s

    def _read(self) -> float:
        try:
            return max(0.0, float(self._file.read_text("ascii")))
        except (OSError, ValueError):
            return 0.0
