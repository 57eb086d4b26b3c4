"""A list of numbers from elsewhere: bad rows are told, good ones taken, and twice is once."""

from zoneinfo import ZoneInfo

import pytest

from contacts import consent, erasure, undisturbed_file
from contacts.identity import Identity
from contacts.rows import FileKind
from contacts.sheet import UnusableFileError
from contacts.undisturbed_file import Reading, Report
from store import mongo
from store.documents.suppression import Scope
from tests.clock import NOW

HOW = Reading("IN", ZoneInfo("Asia/Kolkata"), NOW)
FILE = """phone,scope,until,reason
+919812345671,all,,a letter
098123 45672,marketing,2999-12-31,
12,all,,
+919812345673,everything,,
+919812345674,all,2020-01-01,
+919812345671,marketing,,
,,,
+919812345675,all
"""


def bring_in(db: mongo.Db, text: str, kind: FileKind = FileKind.CSV) -> Report:
    pieces = [text[n : n + 7].encode() for n in range(0, len(text), 7)]
    return undisturbed_file.bring_in(db, pieces, kind, HOW, "list.csv")


def test_good_rows_are_taken_and_bad_ones_told_by_line_and_column(db: mongo.Db) -> None:
    report = bring_in(db, FILE)

    assert (report.held_back, report.unchanged, report.rejected_total) == (2, 0, 5)
    told = {one.line: one.reason for one in report.rejected}
    assert {line: reason.split(":")[0] for line, reason in told.items()} == {
        4: "phone", 5: "scope", 6: "until", 7: "phone",
        9: "has 2 fields where the first line names 4",
    }  # fmt: skip
    assert "line 2" in told[7]
    assert consent.standing_scope(db, Identity("919812345671"), NOW) is Scope.ALL
    assert consent.standing_scope(db, Identity("919812345672"), NOW) is Scope.MARKETING


def test_the_same_file_once_more_changes_nothing(db: mongo.Db) -> None:
    bring_in(db, FILE)
    before = list(db.suppressions.find().sort("_id"))

    report = bring_in(db, FILE)

    assert (report.held_back, report.unchanged) == (0, 2)
    assert list(db.suppressions.find().sort("_id")) == before


def test_ndjson_says_the_same(db: mongo.Db) -> None:
    text = '{"phone": "+919812345671", "scope": "all", "reason": null}\n\n{"phone": 1}\n[]\n'

    report = bring_in(db, text, FileKind.NDJSON)

    assert (report.held_back, [one.line for one in report.rejected]) == (1, [3, 4])


@pytest.mark.parametrize("text", ["", "tel,scope\n", "phone\n", "phone,scope,scope\n", '"phone\n'])
def test_a_file_without_its_columns_is_refused_whole(db: mongo.Db, text: str) -> None:
    with pytest.raises(UnusableFileError):
        bring_in(db, text)


def test_what_is_exported_changes_nothing_when_it_is_imported(db: mongo.Db) -> None:
    bring_in(db, FILE)
    bring_in(db, "phone,scope,reason\n+919812345679,all,=1+1\n+919812345678,all,\n")
    erasure.erase(db, Identity("919812345678"), NOW)

    text = "".join(undisturbed_file.stream(db, NOW))

    assert "'=1+1" in text
    assert "919812345678" not in text
    report = bring_in(db, text)
    assert (report.held_back, report.unchanged, report.rejected_total) == (0, 3, 0)
