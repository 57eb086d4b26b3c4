"""What is exported may be imported again, and changes nothing."""

import json
from typing import Any

import pytest

from contacts import attributes, export, importer, segments
from contacts.audience import Audience
from contacts.filters.read import read
from contacts.identity import Identity
from contacts.rows import FileKind
from contacts.touch import new_contact
from store import contacts, mongo
from store.documents.contact import OptIn
from store.documents.segment import SegmentKind
from tests.clock import NOW
from tests.makers import ASHA, BILAL, CHEN, make_contact

EVERYBODY = Audience()
BOTH = [FileKind.CSV, FileKind.NDJSON]


@pytest.fixture
def people(db: mongo.Db) -> None:
    values: dict[str, Any] = {
        "city": "Pune", "orders": -2, "vip": True, "born": "1990-01-31", "pin": "0411",
        "quoted": "'=1", "plain": "'tis",
        "note": '=HYPERLINK("x"), said "hi"\n+1',
    }  # fmt: skip
    held = attributes.hold(db, values, "api", NOW)
    yes = {"state": OptIn.YES, "source": "keyword", "at": NOW}
    make_contact(db, ASHA, attributes=held, segments=["vip", "pune"], consent=yes, name="-Asha")
    make_contact(db, BILAL, consent={**yes, "state": OptIn.NO}, language="pt_BR")
    make_contact(db, CHEN, attributes=attributes.hold(db, {"pin": "12"}, "api", NOW))


def exported(db: mongo.Db, kind: FileKind, meant: Audience = EVERYBODY) -> str:
    return "".join(export.stream(db, kind, meant, NOW))


@pytest.mark.parametrize("kind", BOTH)
def test_an_export_that_is_imported_again_changes_nothing(
    db: mongo.Db, people: None, kind: FileKind
) -> None:
    text = exported(db, kind)
    before = list(db.contacts.find())

    report = importer.run(db, [text.encode()], kind, default_country="IN", evidence=None, now=NOW)

    assert report.rejected == []
    assert (report.created, report.updated, report.unchanged) == (0, 0, 3)
    assert list(db.contacts.find()) == before


@pytest.mark.parametrize("kind", BOTH)
def test_an_export_brings_people_to_another_house(
    db: mongo.Db, people: None, kind: FileKind
) -> None:
    text = exported(db, kind)
    before = {one["wa_id"]: one for one in db.contacts.find()}
    db.contacts.delete_many({})

    importer.run(db, [text.encode()], kind, default_country="IN", evidence=None, now=NOW)

    same = ("name", "language", "timezone", "country", "attributes", "segments")
    for one in db.contacts.find():
        assert [one[key] for key in same] == [before[one["wa_id"]][key] for key in same]
        assert one["consent"]["state"] == before[one["wa_id"]]["consent"]["state"]


def test_a_spreadsheet_meets_no_formula(db: mongo.Db, people: None) -> None:
    text = exported(db, FileKind.CSV)

    assert ",'-Asha," in text
    assert "\"'=HYPERLINK(" in text
    assert "\r\n+91" in text


def test_one_segment_is_exported(db: mongo.Db, people: None) -> None:
    segments.describe(db, "refused", SegmentKind.LIVE, read({"consent": "no"}), NOW)

    lines = exported(db, FileKind.NDJSON, Audience(segments=("refused",))).splitlines()

    assert [json.loads(line)["phone"] for line in lines] == [f"+{BILAL}"]


def test_who_hides_their_number_is_told_and_not_imported(db: mongo.Db) -> None:
    contacts.insert(db, new_contact(Identity(bsuid="IN.1349120865530274"), None, "test", NOW))

    text = exported(db, FileKind.CSV)

    assert "IN.1349120865530274" in text
