"""Read a contacts file, CSV or NDJSON, from bytes that come in pieces of any size. Pure.

A row that cannot be used becomes a Rejection with the line it begins on, and the next one is read.
Nothing is kept but the line at hand, so that a file of any length needs the same memory.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

from contacts import fields, sheet
from contacts.lines import Lines
from contacts.sheet import FORMULA, OWN, TOLD, UnusableFileError
from store.documents.contact import OptIn

__all__ = ["FileKind", "Rejection", "Row", "UnusableFileError", "read"]


class FileKind(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says of one person; None and empty mean that it says nothing.

    attributes: as they were written, texts where the file is CSV; of which kind they are, those
    that stand already decide (contacts/attributes.py).
    """

    line: int
    wa_id: str
    name: str | None = None
    language: str | None = None
    timezone: str | None = None
    segments: tuple[str, ...] = ()
    opted_in: OptIn | None = None
    attributes: Mapping[str, fields.Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    line: int
    reason: str


def read(
    chunks: Iterable[bytes], kind: FileKind, default_country: str
) -> Iterator[Row | Rejection]:
    """Every row, in the file's order. Raises UnusableFileError at the first step or never.

    line: counted in the file's own lines, from 1, whatever stands in quotes.
    """
    lines = Lines(chunks)
    rows = _from_csv if kind is FileKind.CSV else _from_ndjson
    return rows(lines, default_country)


def _from_csv(lines: Lines, default_country: str) -> Iterator[Row | Rejection]:
    columns = sheet.header(lines)
    return _csv_rows(lines, columns, default_country)


def _csv_rows(
    lines: Lines, columns: Sequence[str], default_country: str
) -> Iterator[Row | Rejection]:
    for line in lines:
        try:
            cells = sheet.cells(line, lines)
            if not any(cell.strip() for cell in cells):
                continue  # spreadsheets leave rows of commas behind
            if len(cells) != len(columns):
                raise ValueError(  # noqa: TRY301  # one place turns reasons into rejections
                    f"has {len(cells)} fields where the first line names {len(columns)}"
                )
            said = {
                name: unmarked(cell)
                for name, cell in zip(columns, cells, strict=True)
                if cell.strip()
            }
            yield _row(line.number, said, default_country, fields.text)
        except ValueError as error:
            yield Rejection(line.number, str(error))


def unmarked(cell: str) -> str:
    """Without the mark that an export sets before what a spreadsheet would take for a formula."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


# NDJSON


def _from_ndjson(lines: Lines, default_country: str) -> Iterator[Row | Rejection]:
    for line in lines:
        try:
            written = line.text
            if written.strip():
                yield _row(line.number, json_object(written), default_country, fields.attribute)
        except ValueError as error:
            yield Rejection(line.number, str(error))


def json_object(written: str) -> dict[str, Any]:
    """One line of NDJSON, flat. Raises ValueError."""
    try:
        written.encode()
        said = json.loads(written, parse_constant=_no_number)
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if not isinstance(said, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004  # as every reason here
    own = said.pop("attributes", None) or {}
    if not isinstance(own, dict):
        raise ValueError("attributes: must be an object")  # noqa: TRY004  # as above
    said.update({OWN + name: value for name, value in own.items()})
    return {name: value for name, value in said.items() if value is not None}


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"holds {constant}, which is no number")


# Both


def _row(
    line: int,
    said: Mapping[str, Any],
    default_country: str,
    typed: Callable[[Any], fields.Scalar],
) -> Row:
    """Check what one row says. Raises ValueError that names the column."""
    if "phone" not in said:
        raise ValueError("phone: is missing")
    values: dict[str, Any] = {}
    attributes: dict[str, fields.Scalar] = {}
    for column, value in said.items():
        try:
            if column.startswith(OWN):
                own = fields.attribute_name(column.removeprefix(OWN))
                attributes[own] = typed(value)
            elif column == "phone":
                values["wa_id"] = fields.phone(value, default_country)
            elif column in TOLD:
                continue
            elif column in _READERS:
                values[column] = _READERS[column](value) or None
            else:
                raise ValueError("is not known")  # noqa: TRY301  # gets its column's name below
        except ValueError as error:
            shown = column.encode("utf-8", "replace").decode()[:80]
            raise ValueError(f"{shown}: {error}") from None
    if len(attributes) > fields.MAX_ATTRIBUTES:
        raise ValueError(f"has more than {fields.MAX_ATTRIBUTES} attributes")
    values["segments"] = values.get("segments") or ()
    return Row(line=line, attributes=attributes, **values)


def _of_text(reader: Callable[[str], str]) -> Callable[[Any], str | None]:
    """`reader`, for values that may be of any type, or empty."""

    def read_value(value: Any) -> str | None:
        written = fields.text(value)
        return reader(written) if written else None

    return read_value


_READERS: dict[str, Callable[[Any], Any]] = {
    "name": fields.name,
    "language": _of_text(fields.language),
    "timezone": _of_text(fields.timezone),
    "segments": fields.segments,
    "opted_in": fields.opted_in,
}
