"""The time, as every process of an installation sees it. For trying, it may be moved on.

Where CLOCK_FILE is set, all processes read one small file that says by how many seconds their
clocks are ahead; whoever writes it moves the time of all, and only ever forwards. Where it is not
set, as it must not be where real people are written to, the machine's clock alone is looked at.

What a jump means for leases: those that are held at that moment are over at once. Another worker
goes on, and the late result of the first is refused by its token, as after a crash. A send that is
under way, for half a minute at most, would look like one whose sender died; so for a little longer
nothing is said to be in doubt (`moved_lately`).
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

_LOOK_AGAIN_S = 0.05


@dataclass(slots=True)
class _Ahead:
    """file None: the machine's clock is everybody's."""

    file: Path | None = None
    by: timedelta = field(default_factory=timedelta)
    looked_at: float = 0.0
    moved_at: float | None = None

    def read(self) -> timedelta:
        if self.file is None:
            return self.by
        now = time.monotonic()
        if now - self.looked_at >= _LOOK_AGAIN_S:
            self.looked_at = now
            if (found := seconds_in(self.file)) > self.by.total_seconds():
                self.by, self.moved_at = timedelta(seconds=found), now
        return self.by


_ahead = _Ahead()


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC) + _ahead.read()


def follow(file: Path | None) -> None:
    """From now on, be ahead by what stands in `file`; None: by nothing."""
    _ahead.file, _ahead.by = file, timedelta()
    _ahead.looked_at, _ahead.moved_at = 0.0, None
    if file is not None:
        _ahead.read()
        _ahead.moved_at = None


def moved_lately(within_s: float = 35.0) -> bool:
    """Whether this process saw the time jump within the last real seconds."""
    _ahead.read()
    return _ahead.moved_at is not None and time.monotonic() - _ahead.moved_at < within_s


def seconds_in(file: Path) -> float:
    """What the file says; 0 where it is not there yet, or says nothing sensible."""
    try:
        found = float(file.read_text("ascii"))
    except (OSError, ValueError):
        return 0.0
    return found if 0 <= found < 100 * 366 * 86_400 else 0.0
