"""One import from its beginning to its end, known by an id: how far it is can be asked meanwhile,
and the rows it could not use be fetched afterwards.
"""

import csv
import io
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contacts import importer
from contacts.importer import ImportReport
from contacts.rows import FileKind, Rejection, UnusableFileError
from store import imports, mongo
from store.documents.imported import Import, ImportState

MOST_KEPT = 100_000  # rejected rows of one import
STOPPED_AFTER = timedelta(minutes=2)
REJECTED_COLUMNS = ("line", "reason")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file comes from. by: who was signed in. bytes_in_all: where it is known."""

    name: str  # api | page | command line
    file: str | None = None
    by: str | None = None
    bytes_in_all: int | None = None


def begin(db: mongo.Db, kind: FileKind, source: Source, now: datetime) -> Import:
    """Keep that an import begins; its id finds it from then on."""
    one: Import = {
        "_id": secrets.token_hex(12),
        "kind": kind,
        "source": source.name,
        "name": source.file[:200] if source.file else None,
        "by": source.by,
        "state": ImportState.RUNNING,
        "error": None,
        "lines": 0,
        "bytes_read": 0,
        "bytes_in_all": source.bytes_in_all,
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "opt_outs_kept": 0,
        "rejected": 0,
        "rejected_kept": 0,
        "started_at": now,
        "touched_at": now,
        "ended_at": None,
    }
    imports.begin(db, one)
    return one


def carry_out(
    db: mongo.Db,
    one: Import,
    chunks: Iterable[bytes],
    *,
    default_country: str,
    now: datetime,
    told: Callable[[ImportReport, int], None] | None = None,
) -> ImportReport:
    """Import the file. told: called after each batch, with the bytes read so far.

    Raises UnusableFileError before anything is written, and StoreError; both are kept as what
    came of it. The same file may be imported again at any time.
    """
    import_id, kept, read = one["_id"], 0, _Counted(chunks)

    def keep(rejected: list[Rejection], report: ImportReport) -> None:
        nonlocal kept
        rows = rejected[: MOST_KEPT - kept]
        kept += len(rows)
        imports.reject(
            db,
            [
                {"import_id": import_id, "line": row.line, "reason": row.reason, "at": now}
                for row in rows
            ],
        )
        imports.progress(db, import_id, _so_far(report, read.count, kept))
        if told:
            told(report, read.count)

    try:
        report = importer.run(
            db,
            read,
            FileKind(one["kind"]),
            default_country=default_country,
            evidence=one["name"] or one["source"],
            now=now,
            after_batch=keep,
        )
    except UnusableFileError as error:
        imports.end(db, import_id, _ended(ImportState.FAILED, str(error)))
        raise
    except BaseException:
        sentence = "The import was stopped. Import the file again: what is done stays done."
        imports.end(db, import_id, _ended(ImportState.FAILED, sentence))
        raise
    imports.end(
        db, import_id, {**_so_far(report, read.count, kept), **_ended(ImportState.DONE, None)}
    )
    report.id = import_id
    return report


class _Counted(Iterator[bytes]):
    """Chunks that are counted as they are taken."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.count = 0

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self.count += len(chunk)
        return chunk


def _so_far(report: ImportReport, read: int, kept: int) -> dict[str, Any]:
    return {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "opt_outs_kept": report.opt_outs_kept,
        "rejected": report.rejected_total,
        "lines": report.lines,
        "bytes_read": read,
        "rejected_kept": kept,
        "touched_at": datetime.now(UTC),
    }


def _ended(state: ImportState, error: str | None) -> dict[str, Any]:
    return {"state": state, "error": error, "ended_at": datetime.now(UTC)}


def state_of(one: Import, now: datetime) -> str:
    """running, done, failed or stopped: its process ended before it did. Pure."""
    stopped = one["state"] == ImportState.RUNNING and now - one["touched_at"] > STOPPED_AFTER
    return "stopped" if stopped else str(one["state"])


def rejected_csv(db: mongo.Db, import_id: str) -> Iterator[str]:
    """The rows that could not be used, as lines of CSV, streamed."""
    yield _line(REJECTED_COLUMNS)
    for row in imports.rejected(db, import_id):
        yield _line((row["line"], row["reason"]))


def _line(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
