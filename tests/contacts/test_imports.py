"""An import has an id: how far it is, what came of it, and the rows it could not use."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from contacts import importer, imports
from contacts.importer import ImportReport
from contacts.imports import Source
from contacts.rows import FileKind, UnusableFileError
from store import imports as stored
from store import mongo
from store.documents.imported import Import
from tests.clock import NOW

GOOD, BAD = b"+919812345670\n", b"12\n"


def begun(db: mongo.Db) -> Import:
    source = Source("page", "people.csv", "asha", 20)
    return imports.begin(db, FileKind.CSV, source, NOW)


def carried_out(db: mongo.Db, one: Import, *chunks: bytes) -> ImportReport:
    return imports.carry_out(db, one, chunks, default_country="IN", now=NOW)


def test_what_came_of_an_import_is_kept(db: mongo.Db) -> None:
    one = begun(db)

    report = carried_out(db, one, b"phone\n", GOOD, BAD)

    kept = stored.find(db, one["_id"])
    assert kept is not None
    assert report.id == one["_id"]
    assert (kept["state"], kept["error"], kept["lines"]) == ("done", None, 3)
    assert (kept["created"], kept["rejected"], kept["rejected_kept"]) == (1, 1, 1)
    assert (kept["name"], kept["by"], kept["source"]) == ("people.csv", "asha", "page")
    assert kept["bytes_read"] == len(b"phone\n" + GOOD + BAD)


def test_rejected_rows_are_fetched_by_line_without_what_stood_in_them(db: mongo.Db) -> None:
    one = begun(db)
    carried_out(db, one, b"phone\n", BAD, GOOD, GOOD, b"+91 98 no number\n")

    lines = "".join(imports.rejected_csv(db, one["_id"])).splitlines()

    assert lines == [
        "line,reason",
        "2,phone: not a valid phone number; write it with + and the country code",
        '4,"phone: the same number stands on line 3, which was taken"',
        "5,phone: not a phone number: it holds letters",
    ]


def test_progress_is_seen_while_it_goes_on(db: mongo.Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "BATCH", 1)
    one, seen = begun(db), []

    def chunks() -> Iterator[bytes]:
        yield b"phone\n"
        for line in (GOOD, b"+919812345671\n"):
            yield line
            kept = stored.find(db, one["_id"])
            assert kept is not None
            seen.append((kept["state"], kept["created"]))

    imports.carry_out(db, one, chunks(), default_country="IN", now=NOW)

    assert seen == [("running", 1), ("running", 2)]


def test_only_so_many_rejected_rows_are_kept_and_all_are_counted(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 2)
    monkeypatch.setattr(imports, "MOST_KEPT", 3)
    one = begun(db)

    report = carried_out(db, one, b"phone\n", BAD * 5)

    kept = stored.find(db, one["_id"])
    assert kept is not None
    assert (report.rejected_total, kept["rejected"], kept["rejected_kept"]) == (5, 5, 3)
    assert [row["line"] for row in stored.rejected(db, one["_id"])] == [2, 3, 4]


def test_a_file_that_cannot_be_used_says_why(db: mongo.Db) -> None:
    one = begun(db)

    with pytest.raises(UnusableFileError):
        carried_out(db, one, b"telephone\n")

    kept = stored.find(db, one["_id"])
    assert kept is not None
    assert kept["state"] == "failed"
    assert "'telephone'" in str(kept["error"])


def test_an_import_that_was_stopped_is_known_by_its_silence(db: mongo.Db) -> None:
    one = begun(db)

    assert imports.state_of(one, NOW + timedelta(minutes=1)) == "running"
    assert imports.state_of(one, NOW + timedelta(minutes=3)) == "stopped"


def test_an_import_that_broke_says_that_it_may_be_repeated(db: mongo.Db) -> None:
    one = begun(db)

    def chunks() -> Iterator[bytes]:
        yield b"phone\n" + GOOD
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        imports.carry_out(db, one, chunks(), default_country="IN", now=NOW)

    kept = stored.find(db, one["_id"])
    assert kept is not None
    assert (kept["state"], "Import the file again" in str(kept["error"])) == ("failed", True)


def test_the_latest_imports_come_first(db: mongo.Db) -> None:
    old = imports.begin(db, FileKind.CSV, Source("api"), NOW - timedelta(days=1))
    new = begun(db)

    assert [one["_id"] for one in stored.latest(db, 5)] == [new["_id"], old["_id"]]
