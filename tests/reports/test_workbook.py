"""The complete list as a spreadsheet says what the CSV says, and no cell of it is a formula."""

import io
import zipfile
from datetime import datetime
from xml.etree import ElementTree

from reports import workbook
from store import mongo
from store.documents.delivery import DeliveryStatus
from tests.clock import NOW
from tests.reports import rows

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FIRST = "xl/worksheets/sheet1.xml"
_EPOCH = datetime(1899, 12, 30, tzinfo=NOW.tzinfo)


def _cells(data: bytes, sheet: str = _FIRST) -> list[dict[str, str]]:
    """[{column: text}] of a sheet, without its first line."""
    root = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read(sheet))  # noqa: S314 - our own file
    assert not list(root.iter(f"{_NS}f"))
    lines = []
    for line in root.iter(f"{_NS}row"):
        found = {str(c.get("r")).rstrip("0123456789"): "".join(c.itertext()) for c in line}
        lines.append(found)
    named = lines[0]
    return [{named[at]: text for at, text in line.items()} for line in lines[1:]]


def test_each_recipient_has_a_row_of_true_kinds(db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db)
    asha = rows.contact(db, "919812345670", "=HYPERLINK(1)\x01")
    rows.brought(db, run, DeliveryStatus.FAILED, asha["_id"])
    rows.answered(db, run, "YES")

    first, second = _cells(workbook.kept(db, "diwali_offer").read())

    assert (first["phone"], first["error_code"]) == ("919812345670", "131026")
    assert first["name"].startswith("=HYPERLINK(1)")
    since = (NOW - _EPOCH).total_seconds() / 86400
    assert abs(float(first["failed_at"]) - since) < 1e-6
    assert (second["billable"], second["reply_button"]) == ("1", "YES")


def test_what_a_sheet_cannot_hold_is_in_the_next(db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db)
    for _ in range(5):
        rows.brought(db, run, DeliveryStatus.SENT)
    into = io.BytesIO()

    workbook.write(db, "diwali_offer", into, rows_a_sheet=3)

    sheets = [len(_cells(into.getvalue(), f"xl/worksheets/sheet{n}.xml")) for n in (1, 2, 3)]
    assert sheets == [2, 2, 1]


def test_a_campaign_without_runs_has_a_header(db: mongo.Db) -> None:
    rows.campaign(db)

    assert _cells(workbook.kept(db, "diwali_offer").read()) == []
