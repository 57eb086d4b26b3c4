"""Versions: numbered, never altered, refused as a whole, and brought back under a new number."""

import threading
from datetime import timedelta

import pytest

from rules import publish
from rules.problems import RuleFilesError
from store import mongo, rule_versions
from tests.clock import NOW
from tests.rules.people import one_rule

FIRST = dict(one_rule("{intent: price}"))
SECOND = dict(one_rule("{intent: greeting}"))
BAD = dict(one_rule("{intent: prize}"))


def put(db: mongo.Db, files: dict[str, str], note: str = "") -> int:
    version, _ = publish.publish(db, files, by="Asha", note=note, now=NOW)
    return version["_id"]


def test_a_version_says_who_when_why_and_what_changed(db: mongo.Db) -> None:
    put(db, FIRST, "the first")

    put(db, SECOND, "greet instead")

    kept = rule_versions.latest(db)
    assert kept is not None
    assert (kept["_id"], kept["published_by"], kept["published_at"]) == (2, "Asha", NOW)
    assert (kept["note"], kept["restores"]) == ("greet instead", None)
    assert kept["changes"] is not None
    assert kept["changes"]["rules"] == {"added": [], "changed": ["it"], "removed": []}
    assert kept["changes"]["files"] == [
        {"file": "it.yaml", "change": "changed", "plus": 1, "minus": 1}
    ]


def test_the_same_files_are_not_published_twice(db: mongo.Db) -> None:
    assert put(db, FIRST) == 1
    assert put(db, FIRST) == 1


def test_bad_files_change_nothing(db: mongo.Db) -> None:
    put(db, FIRST)

    with pytest.raises(RuleFilesError, match="did you mean 'price'"):
        put(db, BAD)

    assert rule_versions.latest_number(db) == 1


def test_a_name_that_leads_out_of_the_folder_is_refused(db: mongo.Db) -> None:
    with pytest.raises(RuleFilesError, match="no plain path"):
        put(db, {"../../etc/x.yaml": FIRST["it.yaml"]})


def test_more_than_a_document_holds_is_refused(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "MAX_BYTES", 50)

    with pytest.raises(RuleFilesError, match="more than 50 bytes"):
        put(db, FIRST)


def test_a_rollback_is_a_new_version_with_the_old_files(db: mongo.Db) -> None:
    put(db, FIRST)
    put(db, SECOND)

    later = NOW + timedelta(minutes=1)
    version, new = publish.rollback(db, 1, by="Bilal", note="", now=later)

    assert new
    assert (version["_id"], dict(version["files"]), version["restores"]) == (3, FIRST, 1)
    assert (version["note"], version["published_by"]) == ("back to version 1", "Bilal")
    assert [row["_id"] for row in rule_versions.recent(db, 9)] == [3, 2, 1]


def test_a_rollback_to_what_decides_changes_nothing(db: mongo.Db) -> None:
    put(db, FIRST)

    version, new = publish.rollback(db, 1, by="Asha", note="", now=NOW)

    assert (version["_id"], new) == (1, False)


def test_an_unknown_version_is_said(db: mongo.Db) -> None:
    with pytest.raises(publish.UnknownVersionError, match="no version 7"):
        publish.rollback(db, 7, by="Asha", note="", now=NOW)


def test_what_does_not_check_any_more_is_not_rolled_back_to(db: mongo.Db) -> None:
    row = rule_versions.find(db, put(db, FIRST))
    assert row is not None
    mongo.rule_versions(db).delete_many({})
    rule_versions.insert(db, {**row, "files": sorted(BAD.items())})
    put(db, SECOND)

    with pytest.raises(RuleFilesError, match="did you mean"):
        publish.rollback(db, 1, by="Asha", note="", now=NOW)

    assert rule_versions.latest_number(db) == 2


def test_files_made_from_an_older_version_are_not_published_over_a_newer(db: mongo.Db) -> None:
    put(db, FIRST)
    put(db, SECOND)

    with pytest.raises(publish.StaleError, match="version 2 decides"):
        publish.publish(db, {}, by="Asha", note="", now=NOW, base=1)


def test_of_two_who_publish_at_once_each_gets_a_number(db: mongo.Db) -> None:
    numbers: list[int] = []
    ready = threading.Barrier(4)

    def go(city: str) -> None:
        files = dict(one_rule(f"{{intent: price, contact.attributes.city: {city}}}"))
        ready.wait()
        numbers.append(put(db, files))

    threads = [threading.Thread(target=go, args=(city,)) for city in ("A", "B", "C", "D")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == [1, 2, 3, 4]


def test_the_migration_gives_old_versions_what_they_lack(db: mongo.Db) -> None:
    from store.migrations import m20261124_rule_changes as migration

    db.rule_versions.insert_one({"_id": 1, "sha256": "", "files": [], "note": ""})

    for _ in range(2):
        migration.apply(db, None)  # type: ignore[arg-type]  # it needs no settings

    row = rule_versions.find(db, 1)
    assert row is not None
    assert (row["restores"], row["changes"]) == (None, None)
