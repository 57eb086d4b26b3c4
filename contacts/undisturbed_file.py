"""Whom not to disturb, from a file and into one: CSV or NDJSON in, CSV out, each as it comes.

A row that cannot be used is told by its line, and the next is read. The same file once more
changes nothing. A number that stands twice is refused the second time, as in a file of contacts.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contacts import export, fields, rows, sheet, undisturbed
from contacts.identity import Identity
from contacts.lines import Lines
from contacts.rows import FileKind, Rejection
from contacts.seen import FirstLines
from contacts.sheet import UnusableFileError
from contacts.undisturbed import MAX_REASON_CHARS, Wish
from store import mongo, suppressions
from store.documents.suppression import Scope

COLUMNS = ("phone", "scope", "until", "reason")
TOLD = ("source", "at")  # what an export tells besides, and an import passes over
MAX_LISTED = 1_000
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    wa_id: str
    wish: Wish


@dataclass(slots=True)
class Report:
    """What came of a file. Only the first MAX_LISTED rejections are listed; all are counted."""

    held_back: int = 0
    unchanged: int = 0
    rejected_total: int = 0
    rejected: list[Rejection] = field(default_factory=list)

    def reject(self, rejection: Rejection) -> None:
        self.rejected_total += 1
        if len(self.rejected) < MAX_LISTED:
            self.rejected.append(rejection)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: dialled within which country, days on whose clock, at which moment."""

    country: str
    zone: ZoneInfo
    now: datetime


def bring_in(
    db: mongo.Db, chunks: Iterable[bytes], kind: FileKind, how: Reading, name: str
) -> Report:
    """Hold back whom the file names. name: of the file, kept as what shows it.

    Safe to repeat. Raises UnusableFileError before the first row is written.
    """
    report = Report()
    with FirstLines() as seen:
        for one in read(chunks, kind, how):
            if isinstance(one, Rejection):
                report.reject(one)
            elif (first := seen.earlier(one.wa_id, one.line)) is not None:
                reason = f"phone: the same number stands on line {first}, which was taken"
                report.reject(Rejection(one.line, reason))
            elif undisturbed.hold_back(
                db, Identity(one.wa_id), one.wish, source="import", evidence=name, now=how.now
            ):
                report.held_back += 1
            else:
                report.unchanged += 1
    return report


def read(chunks: Iterable[bytes], kind: FileKind, how: Reading) -> Iterator[Row | Rejection]:
    """Every row, in the file's order. Raises UnusableFileError at the first step or never."""
    lines = Lines(chunks)
    columns = _header(lines) if kind is FileKind.CSV else None
    for line in lines:
        try:
            said = _cells(sheet.cells(line, lines), columns) if columns else _object(line.text)
            if said is not None:
                yield _row(line.number, said, how)
        except ValueError as error:
            yield Rejection(line.number, str(error))


def _header(lines: Lines) -> list[str]:
    first = next(lines, None)
    if first is None:
        raise UnusableFileError("The file is empty; its first line must name the columns.")
    try:
        columns = [cell.strip().lower() for cell in sheet.cells(first, lines)]
    except ValueError as error:
        raise UnusableFileError(f"The first line: {error}.") from None
    known = {*COLUMNS, *TOLD}
    if not {"phone", "scope"} <= set(columns) <= known or len(set(columns)) < len(columns):
        raise UnusableFileError(
            f"The first line must name the columns phone and scope, and may name {', '.join(known)}"
            " besides, each once, with commas between them."
        )
    return columns


def _cells(cells: Sequence[str], columns: Sequence[str]) -> dict[str, Any] | None:
    if not any(cell.strip() for cell in cells):
        return None  # spreadsheets leave rows of commas behind
    if len(cells) != len(columns):
        raise ValueError(f"has {len(cells)} fields where the first line names {len(columns)}")
    named = zip(columns, cells, strict=True)
    return {name: rows.unmarked(cell) for name, cell in named if cell.strip()}


def _object(written: str) -> dict[str, Any] | None:
    return rows.json_object(written) if written.strip() else None


def _row(line: int, said: Mapping[str, Any], how: Reading) -> Row:
    """Check what one row says. Raises ValueError that names the column."""
    if unknown := sorted(said.keys() - {*COLUMNS, *TOLD}):
        raise ValueError(f"{fields.text(unknown[0])[:80]}: is not known")
    readers: dict[str, Callable[[Any], Any]] = {
        "phone": lambda value: fields.phone(value, how.country),
        "scope": _scope,
        "until": lambda value: undisturbed.until_of(fields.text(value), how.now, how.zone),
        "reason": lambda value: fields.text(value, MAX_REASON_CHARS) or None,
    }
    values: dict[str, Any] = {}
    for column, reader in readers.items():
        try:
            values[column] = reader(said.get(column, ""))
        except ValueError as error:
            raise ValueError(f"{column}: {error}") from None
    return Row(line, values["phone"], Wish(values["scope"], values["until"], values["reason"]))


def _scope(value: object) -> Scope:
    written = fields.text(value).lower()
    if written not in list(Scope):
        raise ValueError("must be marketing or all")
    return Scope(written)


def stream(db: mongo.Db, now: datetime) -> Iterator[str]:
    """What stands at `now`, as CSV that `bring_in` takes, in pieces of some hundred rows.

    Those who were erased are left out, since nobody knows their number any more, and so are those
    known by a BSUID alone.
    """
    yield _lines([[*COLUMNS, *TOLD]])
    after = None
    while page := suppressions.listed(db, after, _PAGE):
        after = page[-1]["_id"]
        yield _lines(
            [
                [
                    one.name or "", str(one.standing), one.until.isoformat() if one.until else "",
                    export.cell(one.row["reason"]), export.cell(one.row["source"]),
                    one.row["at"].isoformat(),
                ]
                for row in page
                if (one := undisturbed.shown_alone(row, now)).standing
                and (one.name or "").startswith("+")
            ]
        )  # fmt: skip


def _lines(lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue()
