"""CSV: the columns that the first line names, and the cells of each row. Pure."""

import csv
import re
from collections.abc import Iterator

from contacts import fields
from contacts.lines import Line, Lines

# A quoted field may hold line breaks. A quote that is never closed must not eat the file.
MAX_LINES_A_ROW = 20

OWN = "attributes."
COLUMNS = ("phone", "name", "language", "timezone", "segments", "opted_in")
FORMULA = re.compile(r"'*[=+\-@\t\r]")  # what a spreadsheet calculates, marked or not
# What an export tells besides, and an import passes over.
TOLD = (
    "bsuid", "username", "country", "consent_source", "consent_at", "last_seen", "created_at",
)  # fmt: skip


class UnusableFileError(ValueError):
    """No row of the file can be read. Its text says what is wrong and what would be right."""


def header(lines: Lines) -> list[str]:
    """The columns, from the first line. Raises UnusableFileError."""
    first = next(lines, None)
    if first is None:
        raise UnusableFileError("The file is empty; its first line must name the columns.")
    try:
        named = cells(first, lines)
    except ValueError as error:
        raise UnusableFileError(f"The first line: {error}.") from None
    columns = [_column(place, cell) for place, cell in enumerate(named, start=1)]
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise UnusableFileError(f"The first line names {twice[0]!r} twice.")
    if "phone" not in columns:
        raise UnusableFileError("The first line names no column 'phone'.")
    return columns


def _column(place: int, cell: str) -> str:
    written = cell.strip()
    if written.lower() in COLUMNS or written.lower() in TOLD:
        return written.lower()
    if written.lower().startswith(OWN):
        try:
            return OWN + fields.attribute_name(written[len(OWN) :])
        except ValueError as error:
            raise UnusableFileError(f"Column {place} of the first line: {error}.") from None
    shown = written.encode("utf-8", "replace").decode()[:60]
    raise UnusableFileError(
        f"Column {place} of the first line is {shown!r}, which is not known. Columns are "
        f"separated by commas and named {', '.join(COLUMNS)} or attributes.<name>."
    )


def cells(first: Line, lines: Lines) -> list[str]:
    """The fields of the row that begins on `first`, which may go on over some more lines.

    Raises ValueError; then only `first` is used up, so that a stray quote costs one row.
    """
    taken: list[Line] = []

    def row() -> Iterator[str]:
        yield first.text + "\n"
        while len(taken) < MAX_LINES_A_ROW - 1 and (line := next(lines, None)) is not None:
            taken.append(line)
            yield line.text + "\n"

    try:
        found = next(csv.reader(row(), strict=True))
        for cell in found:
            cell.encode()
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8 text") from None  # the whole row was read
    except (csv.Error, ValueError) as error:
        lines.give_back(taken)
        raise ValueError(_csv_reason(str(error), open_quote=bool(taken))) from None
    return found


def _csv_reason(error: str, *, open_quote: bool) -> str:
    if open_quote or "unexpected end of data" in error:
        return "a quote is opened and not closed"
    if "new-line character" in error:
        return "has a line end that is a carriage return alone; use LF or CRLF"
    if "expected after" in error:
        return 'has text after a closed quote; a quote within quotes is written ""'
    return error
