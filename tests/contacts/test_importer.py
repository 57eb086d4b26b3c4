"""An import adds what a file says, tells what it could not use, and repeats without harm."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from contacts import importer, segments
from contacts.filters.read import read
from contacts.identity import Identity
from contacts.importer import ImportReport
from contacts.rows import FileKind, UnusableFileError
from contacts.touch import new_contact
from store import contacts, mongo, suppressions
from store.documents.contact import Contact, OptIn
from store.documents.segment import SegmentKind
from store.documents.suppression import Scope
from tests.clock import NOW

HELD = ", as this attribute has been since its first value"
ASHA, BILAL, CHEN = "919812345670", "919812345671", "919812345672"


def bring(db: mongo.Db, text: str, kind: FileKind = FileKind.CSV) -> ImportReport:
    return importer.run(
        db, [text.encode()], kind, default_country="IN", evidence="people.csv", now=NOW
    )


def person(db: mongo.Db, wa_id: str) -> Contact:
    [contact] = contacts.by_identities(db, [wa_id], [])
    return contact


def says_no(db: mongo.Db, wa_id: str, source: str) -> None:
    contact = new_contact(Identity(wa_id), "Bilal", "message", NOW)
    contact["consent"] = {"state": OptIn.NO, "source": source, "at": NOW}
    assert contacts.insert(db, contact)


def test_a_new_contact_is_whole(db: mongo.Db) -> None:
    report = bring(
        db,
        "phone,name,language,timezone,segments,opted_in,attributes.city\n"
        "+919812345670,Asha,mr,Asia/Kolkata,vip;pune,yes,Pune\n",
    )

    assert (report.created, report.updated, report.rejected) == (1, 0, [])
    asha = person(db, ASHA)
    expected = new_contact(Identity(ASHA), "Asha", "import", NOW)
    assert asha == {
        **expected,
        "_id": asha["_id"],
        "language": "mr",
        "timezone": "Asia/Kolkata",
        "segments": ["vip", "pune"],
        "attributes": {"city": "Pune"},
        "consent": {"state": "yes", "source": "import", "at": NOW, "evidence": "people.csv"},
    }


def test_the_same_file_once_more_changes_nothing(db: mongo.Db) -> None:
    text = (
        "phone,name,segments,opted_in,attributes.orders,attributes.vip\n"
        "+919812345670,Asha,vip,yes,12,true\n+919812345671,Bilal,,no,1.5,\n"
    )
    bring(db, text)
    before = list(db.contacts.find())

    again = bring(db, text)

    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert list(db.contacts.find()) == before


def test_only_what_changed_counts_as_updated(db: mongo.Db) -> None:
    bring(
        db, "phone,name,segments,attributes.city\n+919812345670,Asha,vip,Pune\n+919812345671,B,,\n"
    )

    report = bring(
        db,
        "phone,name,segments,attributes.city,attributes.orders\n"
        "+919812345670,,pune,,1\n+919812345671,B,,,\n",
    )

    assert (report.created, report.updated, report.unchanged) == (0, 1, 1)
    asha = person(db, ASHA)
    assert asha["name"] == "Asha"
    assert asha["segments"] == ["vip", "pune"]
    assert asha["attributes"] == {"city": "Pune", "orders": 1}


def test_a_kind_is_inferred_once_and_a_clash_costs_its_row(db: mongo.Db) -> None:
    report = bring(
        db,
        "phone,attributes.orders,attributes.born\n+919812345670,1,1990-01-31\n"
        "+919812345671,many,1990-02-28\n+919812345672,2,yesterday\n",
    )

    assert report.created == 1
    assert [(r.line, r.reason) for r in report.rejected] == [
        (3, f"attributes.orders: must be a number{HELD}"),
        (4, f"attributes.born: must be a date such as 2026-01-31{HELD}"),
    ]
    assert bring(db, "phone,attributes.orders\n+919812345671,true\n").rejected_total == 1


def test_what_looks_like_a_number_stays_a_text_where_the_first_was_one(db: mongo.Db) -> None:
    bring(db, "phone,attributes.pin\n+919812345670,0411\n+919812345671,411001\n")

    assert person(db, BILAL)["attributes"] == {"pin": "411001"}


def test_dates_have_one_form(db: mongo.Db) -> None:
    bring(db, "phone,attributes.seen\n+919812345670,2026-01-31 23:30+05:30\n")
    line = '{"phone": "+919812345670", "attributes": {"seen": "2026-01-31T18:00:00Z"}}'

    assert person(db, ASHA)["attributes"] == {"seen": "2026-01-31T18:00:00Z"}
    assert bring(db, line, FileKind.NDJSON).unchanged == 1


def test_one_and_true_are_different_to_ndjson(db: mongo.Db) -> None:
    bring(db, '{"phone": "+919812345670", "attributes": {"vip": true}}', FileKind.NDJSON)

    again = bring(db, '{"phone": "+919812345670", "attributes": {"vip": 1}}', FileKind.NDJSON)

    assert [r.reason for r in again.rejected] == [f"attributes.vip: must be true or false{HELD}"]
    assert bring(db, "phone,attributes.vip\n+919812345670,Yes\n").unchanged == 1


def test_a_rejected_row_decides_no_kind(db: mongo.Db) -> None:
    bring(db, "phone,attributes.orders\n12,many\n+919812345670,1\n")

    assert person(db, ASHA)["attributes"] == {"orders": 1}


def test_a_file_puts_nobody_into_a_live_segment(db: mongo.Db) -> None:
    segments.describe(db, "pune", SegmentKind.LIVE, read({"attributes.city": "Pune"}), NOW)

    report = bring(db, "phone,segments\n+919812345670,vip;pune\n+919812345671,vip\n")

    assert report.created == 1
    assert [r.reason for r in report.rejected] == ["segments: pune is live, and takes no members"]


def test_a_number_that_stands_twice_is_refused_by_its_first_line(db: mongo.Db) -> None:
    report = bring(
        db, "phone,name\nbad,Asha\n+919812345670,Asha\n098123 45670,Other\n+919812345671,B\n"
    )

    assert report.created == 2
    assert person(db, ASHA)["name"] == "Asha"
    assert [(r.line, r.reason) for r in report.rejected][1:] == [
        (4, "phone: the same number stands on line 3, which was taken")
    ]


def test_a_number_that_stands_twice_is_found_across_batches(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 2)

    report = bring(db, "phone\n" + "".join(f"+9198123456{n:02}\n" for n in [*range(70, 80), 71]))

    assert report.created == 10
    assert [(r.line, r.reason) for r in report.rejected] == [
        (12, "phone: the same number stands on line 3, which was taken")
    ]


def test_an_import_does_not_undo_an_opt_out(db: mongo.Db) -> None:
    says_no(db, BILAL, "keyword")

    report = bring(db, "phone,opted_in\n+919812345671,yes\n")

    assert report.opt_outs_kept == 1
    assert person(db, BILAL)["consent"] == {"state": "no", "source": "keyword", "at": NOW}


@pytest.mark.parametrize("known", [True, False])
def test_an_import_keeps_a_suppression(db: mongo.Db, known: bool) -> None:
    if known:
        contacts.insert(db, new_contact(Identity(BILAL), "Bilal", "message", NOW))
    names = suppressions.identities(BILAL, None)
    suppressions.suppress(
        db,
        names,
        {
            "at": NOW, "change": "suppressed", "scope": Scope.ALL, "source": "keyword",
            "reason": None, "until": None, "evidence": None,
        },
    )  # fmt: skip
    before = list(db.suppressions.find())

    report = bring(db, "phone,opted_in\n+919812345671,yes\n+919812345670,yes\n")

    assert report.opt_outs_kept == 1
    assert list(db.suppressions.find()) == before
    assert person(db, BILAL)["consent"]["state"] == "unknown"
    assert person(db, ASHA)["consent"]["state"] == "yes"


def test_a_file_may_correct_what_a_file_said(db: mongo.Db) -> None:
    bring(db, "phone,opted_in\n+919812345670,no\n")
    bring(db, "phone,opted_in\n+919812345670,yes\n")

    assert person(db, ASHA)["consent"]["state"] == "yes"


def test_a_stop_that_arrives_while_a_file_is_read_wins(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts.insert(db, new_contact(Identity(ASHA), "Asha", "message", NOW))
    read = contacts.by_identities

    def read_and_then_stop(*given: Any) -> list[Contact]:
        found = read(*given)
        no = {"consent.state": "no", "consent.source": "keyword"}
        db.contacts.update_one({"wa_id": ASHA, "consent.state": "unknown"}, {"$set": no})
        return found

    monkeypatch.setattr(contacts, "by_identities", read_and_then_stop)
    report = bring(db, "phone,opted_in,attributes.city\n+919812345670,yes,Pune\n")

    monkeypatch.undo()
    assert person(db, ASHA)["consent"]["state"] == "no"
    assert person(db, ASHA)["attributes"] == {"city": "Pune"}
    assert (report.updated, report.opt_outs_kept, report.rejected) == (1, 1, [])


def test_somebody_who_writes_while_a_file_is_read_is_updated(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = contacts.by_identities

    def read_and_then_write(*given: Any) -> list[Contact]:
        found = read(*given)
        contacts.insert(db, new_contact(Identity(CHEN), None, "message", NOW))
        return found

    monkeypatch.setattr(contacts, "by_identities", read_and_then_write)
    report = bring(db, "phone,name\n+919812345670,Asha\n+919812345672,Chen\n")

    monkeypatch.undo()
    assert (report.created, report.updated, report.rejected) == (1, 1, [])
    assert person(db, CHEN)["name"] == "Chen"


def test_nothing_is_written_of_a_file_that_cannot_be_used(db: mongo.Db) -> None:
    with pytest.raises(UnusableFileError):
        bring(db, "telephone\n+919812345670\n")

    assert db.contacts.count_documents({}) == 0


def test_every_rejection_counts_and_the_first_thousand_are_listed(db: mongo.Db) -> None:
    report = bring(db, "phone\n" + "12\n" * 1_500 + "+919812345670\n")

    assert (report.created, report.rejected_total, len(report.rejected)) == (1, 1_500, 1_000)
    assert report.rejected[-1].line == 1_001


def test_ndjson_is_imported_too(db: mongo.Db) -> None:
    report = bring(
        db, '{"phone":"+919812345670","attributes":{"pin":"0411"}}\n[]\n', FileKind.NDJSON
    )

    assert (report.created, report.rejected_total) == (1, 1)
    assert person(db, ASHA)["attributes"] == {"pin": "0411"}


def test_memory_does_not_grow_with_the_file(db: mongo.Db) -> None:
    def lines(count: int) -> Iterator[bytes]:
        yield b"phone\n"
        for n in range(count):
            yield b"+9198%08d\n" % n

    def peak(count: int) -> int:
        tracemalloc.start()
        importer.run(db, lines(count), FileKind.CSV, default_country="IN", evidence=None, now=NOW)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(2_000)  # tables that are read once

    assert peak(12_000) < peak(4_000) * 1.5
