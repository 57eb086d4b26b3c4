"""Turns: transactions that count for the same run go one after the other.

In MongoDB two that change one row collide, and whoever loses does all of it again; under load most
of the work of a machine was such work. So the threads and processes of one machine wait for each
other before they begin: on locks of files, which the system takes from whoever dies. They keep
nothing safe. Whoever waited too long, or cannot lock, goes ahead, as machines do among each other:
MongoDB decides in the end.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from bson import ObjectId
from pymongo.client_session import ClientSession

from store import mongo

T = TypeVar("T")
PLACES = 16
PATIENCE_S = 0.5
_LOOK_S = 0.001


def in_turn(
    db: mongo.Db,
    run_ids: Iterable[ObjectId | None],
    work: Callable[[ClientSession], T],
    *,
    settled: bool = True,
) -> T:
    """Run `work(session)` in a transaction that counts for these runs, when it is our turn.

    The turn is given up once the transaction is made; that it stands on the disk of the majority is
    waited for afterwards, and where `settled` is False not here. See `mongo.in_transaction`.
    """
    with taken(db, run_ids):
        result = mongo.in_transaction(db, work, settled=False)
    if settled:
        mongo.settle(db)
    return result


@contextmanager
def taken(db: mongo.Db, run_ids: Iterable[ObjectId | None]) -> Iterator[None]:
    """Within it, nobody else on this machine counts for these runs; None counts for none."""
    places = sorted({run_id.binary[-1] % PLACES for run_id in run_ids if run_id is not None})
    with ExitStack() as stack:
        deadline = time.monotonic() + PATIENCE_S
        for place in places:
            stack.enter_context(_locked(_folder() / f"{db.name}.{place}", deadline))
        yield


def _folder() -> Path:
    return Path(tempfile.gettempdir()) / f"drumbeat-{os.getuid()}"


@contextmanager
def _locked(path: Path, deadline: float) -> Iterator[None]:
    with ExitStack() as stack:
        with suppress(OSError):  # a disk that is full, a folder that is somebody else's
            path.parent.mkdir(mode=0o700, exist_ok=True)
            file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            stack.callback(os.close, file)  # which unlocks it, too
            while not _try(file) and time.monotonic() < deadline:
                time.sleep(_LOOK_S)
        yield


def _try(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
