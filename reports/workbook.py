"""A campaign's complete list as a spreadsheet (XLSX), one row a recipient."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from itertools import chain, islice
from typing import IO, Any

import xlsxwriter

from reports import recipients
from store import mongo

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Source: https://support.microsoft.com/office/excel-specifications-and-limits
_ROWS_A_SHEET = 1_048_576
_CHARACTERS_A_CELL = 32_767
_OPTIONS = {
    "constant_memory": True,
    "remove_timezone": True,
    "default_date_format": "yyyy-mm-dd hh:mm:ss",
}


def kept(db: mongo.Db, name: str) -> IO[bytes]:
    """The workbook in a file of its own, at its beginning, which is gone once it is closed."""
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        write(db, name, file)
        file.seek(0)
        stack.pop_all()  # whoever gets it closes it
    return file


def write(db: mongo.Db, name: str, into: IO[bytes], rows_a_sheet: int = _ROWS_A_SHEET) -> None:
    """Write the workbook. Moments are Excel's, in UTC; further sheets hold what one cannot.

    Each row goes to the disk before the next is read, so it holds as little of a million
    recipients as of ten. Texts are written as texts, so none is a formula.
    """
    rows = recipients.cells(db, name)
    with xlsxwriter.Workbook(into, _OPTIONS) as book:
        _sheet(book, islice(rows, rows_a_sheet - 1))
        for first in rows:
            _sheet(book, chain([first], islice(rows, rows_a_sheet - 2)))


def _sheet(book: Any, rows: Iterator[Mapping[str, Any]]) -> None:
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(recipients.COLUMNS) - 1, 18)
    for place, column in enumerate(recipients.COLUMNS):
        sheet.write_string(0, place, column, bold)
    for line, row in enumerate(rows, 1):
        for place, column in enumerate(recipients.COLUMNS):
            _write(sheet, line, place, row.get(column))


def _write(sheet: Any, line: int, place: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float):
        sheet.write_number(line, place, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, place, value)
    else:
        sheet.write_string(line, place, str(value)[:_CHARACTERS_A_CELL])
