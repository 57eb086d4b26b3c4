"""The time that the clock goes by: MongoDB's, whatever this machine's own clock says.

Two clocks an hour apart would take each other's leases for over, and one that is ahead would fire
an hour early. So all of them ask the one that they share.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from config import logs
from store import moment, mongo
from workers import process

WRONG = timedelta(seconds=5)

log = logs.get(__name__)


class Moment:
    """Looked up at each round, and carried on by what nobody sets: the seconds since then."""

    def __init__(
        self,
        db: mongo.Db,
        here: Callable[[], datetime] = process.now,
        system: Callable[[], datetime] = moment.system,
        elapsed_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._here, self._system, self._elapsed_s = db, here, system, elapsed_s
        self._told_wrong = False

    def look(self) -> datetime:
        """Ask the database; what it is now. Raises StoreError."""
        behind = moment.behind(self._db, self._system)
        self._since = self._elapsed_s()
        self._at = self._here() + behind
        wrong = abs(behind) > WRONG
        if wrong and not self._told_wrong:
            log.warning("this machine's clock is wrong; MongoDB's counts", reason=str(behind))
        self._told_wrong = wrong
        return self._at

    def now(self) -> datetime:
        """What it is now, as it was last looked up."""
        return self._at + timedelta(seconds=self._elapsed_s() - self._since)
