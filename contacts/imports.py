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
from store.mongo import StoreError

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


class StoppedError(Exception):
    """The worker is to leave; what is written stays, and another goes on behind it."""


class ReplacedError(Exception):
    """Another worker has this import: ours was taken for dead."""


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Of an import that a worker carries out: what time it is, and whether to leave."""

    clock: Callable[[], datetime]
    stop: Callable[[], bool]


def begin(db: mongo.Db, kind: FileKind, source: Source, now: datetime) -> Import:
    """Keep that an import begins; its id finds it from then on."""
    one = document(kind, source, now)
    imports.begin(db, one)
    return one


def document(kind: FileKind, source: Source, now: datetime) -> Import:
    """An import that begins now. Pure but for its id."""
    return {
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


def carry_out(
    db: mongo.Db,
    one: Import,
    chunks: Iterable[bytes],
    *,
    default_country: str,
    now: datetime,
    told: Callable[[ImportReport, int], None] | None = None,
    going_on: GoingOn | None = None,
) -> ImportReport:
    """Import the file. told: called after each batch, with the bytes read so far.

    going_on: of an import that a worker carries out, behind what was written of it before. Raises
    UnusableFileError before anything is written, and StoreError; both are kept as what came of it,
    the second not where somebody will go on. Raises StoppedError and ReplacedError where one is
    going on. The same file may be imported again at any time.
    """
    import_id, kept, read = one["_id"], one["rejected_kept"], _Counted(chunks)

    def keep(rejected: list[Rejection], report: ImportReport) -> None:
        nonlocal kept
        rows = rejected[: MOST_KEPT - kept]
        kept += len(rows)
        imports.reject(
            db,
            [
                {
                    "_id": f"{import_id}:{row.line}",
                    "import_id": import_id,
                    "line": row.line,
                    "reason": row.reason,
                    "at": now,
                }
                for row in rows
            ],
        )
        moment = going_on.clock() if going_on else datetime.now(UTC)
        if not imports.progress(db, one, _so_far(report, read.count, kept, moment), moment):
            raise ReplacedError
        if going_on and going_on.stop():
            raise StoppedError
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
            so_far=_of_before(one),
        )
    except (StoppedError, ReplacedError):
        raise
    except UnusableFileError as error:
        imports.end(db, import_id, _ended(ImportState.FAILED, str(error)))
        raise
    except BaseException as error:
        if going_on and isinstance(error, StoreError):
            raise
        sentence = "The import was stopped. Import the file again: what is done stays done."
        imports.end(db, import_id, _ended(ImportState.FAILED, sentence))
        raise
    imports.end(
        db,
        import_id,
        {
            **_so_far(report, read.count, kept, datetime.now(UTC)),
            **_ended(ImportState.DONE, None),
        },
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


def _of_before(one: Import) -> ImportReport:
    """What the batches that are written came to."""
    return ImportReport(
        lines=one["lines"],
        created=one["created"],
        updated=one["updated"],
        unchanged=one["unchanged"],
        opt_outs_kept=one["opt_outs_kept"],
        rejected_total=one["rejected"],
    )


def _so_far(report: ImportReport, read: int, kept: int, now: datetime) -> dict[str, Any]:
    return {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "opt_outs_kept": report.opt_outs_kept,
        "rejected": report.rejected_total,
        "lines": report.lines,
        "bytes_read": read,
        "rejected_kept": kept,
        "touched_at": now,
    }


def ended_as_failed(reason: str) -> dict[str, Any]:
    """What is kept of an import that is given up."""
    return _ended(ImportState.FAILED, reason)


def _ended(state: ImportState, error: str | None) -> dict[str, Any]:
    return {"state": state, "error": error, "ended_at": datetime.now(UTC)}


def state_of(one: Import, now: datetime) -> str:
    """running, done, failed or stopped: its process ended before it did, and no other will go on.

    Pure.
    """
    alone = one["state"] == ImportState.RUNNING and one.get("due_at") is None
    stopped = alone and now - one["touched_at"] > STOPPED_AFTER
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
