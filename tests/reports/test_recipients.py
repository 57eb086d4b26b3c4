"""The complete list: one row a recipient, harmless in a spreadsheet."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import recipients
from store import deliveries, mongo
from store.documents.delivery import DeliveryStatus
from tests.reports import rows


def _read(db: mongo.Db, name: str = "diwali_offer") -> list[dict[str, str]]:
    return list(csv.DictReader("".join(recipients.csv_rows(db, name)).splitlines()))


def test_a_campaign_without_runs_has_a_header(db: mongo.Db) -> None:
    assert list(recipients.csv_rows(db, "nowhere")) == [",".join(recipients.COLUMNS) + "\r\n"]


def test_each_recipient_has_a_row(db: mongo.Db) -> None:
    rows.campaign(db)
    run = rows.run(db)
    asha = rows.contact(db, "919812345670", "Asha")
    bilal = rows.contact(db, "919812345671", "=Bilal()")
    rows.brought(db, run, DeliveryStatus.FAILED, asha["_id"])
    rows.brought(db, run, DeliveryStatus.SKIPPED, bilal["_id"])

    first, second = _read(db)

    assert (first["phone"], first["name"], first["status"]) == ("919812345670", "Asha", "failed")
    assert first["error_code"] == "131026"
    assert first["failed_at"] == "2026-11-24T06:30:00+00:00"
    assert (second["name"], second["reason"]) == ("'=Bilal()", "suppressed")


def test_an_erased_person_keeps_a_row_without_a_name(db: mongo.Db) -> None:
    rows.campaign(db)
    asha = rows.contact(db, "919812345670", "Asha")
    rows.brought(db, rows.run(db), DeliveryStatus.READ, asha["_id"])
    deliveries.erase_of(db, asha["_id"])
    mongo.contacts(db).delete_one({"_id": asha["_id"]})

    (row,) = _read(db)

    assert (row["phone"], row["wamid"], row["status"]) == ("", "", "read")


@pytest.mark.parametrize("text", ["=1+1", "+91", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert recipients.harmless(text) == f"'{text}"


@given(st.text())
def test_a_cell_never_begins_as_a_formula_does(text: str) -> None:
    assert not recipients.harmless(text).startswith(("=", "+", "-", "@"))


def test_a_number_stays_a_number() -> None:
    assert [recipients.harmless(value) for value in (-1, None, True)] == ["-1", "", "true"]
