"""Files that were handed in on the page, brought in by a worker, one after the other.

A worker that dies is followed by another, which goes on behind the last batch that was written:
what it counted stands with the import, and the lines before are only read over.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO

from config import logs
from contacts import imports
from contacts.imports import ReplacedError, Source, StoppedError
from contacts.rows import FileKind, UnusableFileError
from runtime import Runtime
from store import import_files
from store import imports as stored
from store.documents.imported import Import
from store.mongo import StoreError

_MOST_TRIES = 5
_HANDED_IN_WITHIN = timedelta(hours=1)

log = logs.get(__name__)
Clock = Callable[[], datetime]


def hand_in(rt: Runtime, kind: FileKind, source: Source, file: IO[bytes], now: datetime) -> Import:
    """Keep a file for a worker to bring in; its import is known from then on."""
    one = imports.document(kind, source, now)
    # Were we to die in the middle, a worker would find then that the file is none, and end it.
    one["due_at"] = now + _HANDED_IN_WITHIN
    stored.begin(rt.db, one)
    import_files.keep(rt.db, one["_id"], file)
    stored.give_back(rt.db, one, now)
    return one


def bring_in_due(rt: Runtime, clock: Clock, stop: Callable[[], bool] = lambda: False) -> int:
    """Bring in every file that waits; how many were. Several may run at once: each has its own."""
    done = 0
    while not stop():
        one = stored.claim(rt.db, clock())
        if one is None:
            break
        done += _bring_in(rt, one, clock, stop)
    return done


def _bring_in(rt: Runtime, one: Import, clock: Clock, stop: Callable[[], bool]) -> bool:
    if one.get("tries", 0) > _MOST_TRIES:
        reason = "Its worker died over it again and again. Split the file, and import the parts."
        stored.end(rt.db, one["_id"], imports.ended_as_failed(reason))
        import_files.drop(rt.db, one["_id"])
        return False
    try:
        imports.carry_out(
            rt.db,
            one,
            import_files.pieces(rt.db, one["_id"]),
            default_country=rt.settings.default_country,
            now=one["started_at"],
            going_on=imports.GoingOn(clock, stop),
        )
    except StoppedError:
        stored.give_back(rt.db, one, clock())
        return False
    except ReplacedError:
        log.warning("another worker goes on with this import")
        return False
    except StoreError:
        raise  # it stays claimed, and is gone on with when that is over
    except (UnusableFileError, import_files.GoneError):
        pass  # its page says so
    except Exception:
        log.exception("an import was stopped")
    import_files.drop(rt.db, one["_id"])
    return True
