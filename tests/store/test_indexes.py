"""Indexes stand after a migration, and a changed keeping time changes the index."""

import pytest

from config.settings import Settings
from store import indexes, migrations, mongo
from store.indexes import Keeping
from tests.clock import NOW


def test_a_second_migration_has_nothing_to_do(db: mongo.Db, settings: Settings) -> None:
    assert migrations.migrate(db, settings, NOW) == []
    assert indexes.missing(db, indexes.keeping_of(settings)) == []


def test_a_changed_keeping_time_changes_the_indexes(db: mongo.Db) -> None:
    shorter = Keeping(journal_days=9)

    assert indexes.ensure(db, shorter) == ["inbox.dead", "inbox.expire"]
    assert indexes.missing(db, shorter) == []
    assert indexes.ensure(db, shorter) == []


def test_texts_that_go_early_bring_the_indexes_that_find_them(db: mongo.Db) -> None:
    early = Keeping(journal_days=30, texts_days=2)

    made = indexes.ensure(db, early)

    assert made == ["inbox.dead_texts", "deliveries.reply_texts"]
    assert indexes.missing(db, early) == []
    for name in made:
        collection, index = name.split(".")
        db[collection].drop_index(index)


def test_a_database_of_an_older_release_lets_its_dead_letters_go_too(db: mongo.Db) -> None:
    db.inbox.drop_index("dead")
    dead = {"state": "dead"}
    db.inbox.create_index([("received_at", -1)], name="dead", partialFilterExpression=dead)

    assert indexes.ensure(db, Keeping(30)) == ["inbox.dead"]
    assert db.inbox.index_information()["dead"]["expireAfterSeconds"] == 30 * 86_400


def test_an_index_over_other_keys_is_made_anew(db: mongo.Db) -> None:
    keeping = Keeping(30)
    db.contacts.drop_index("had")
    db.contacts.create_index([("had", 1), ("_id", 1)], name="had", sparse=True)

    assert indexes.missing(db, keeping) == ["contacts.had"]
    assert indexes.ensure(db, keeping) == ["contacts.had"]
    assert indexes.missing(db, keeping) == []


@pytest.mark.parametrize("field", ["status", "status_at", "times", "error", "pricing", "lease"])
def test_what_leases_and_statuses_of_meta_change_is_in_no_index_of_deliveries(field: str) -> None:
    """One that were would make each of them cost the keys of every index: use `stage`."""
    for index in indexes.wanted(Keeping(30, 7)):
        if index.collection == "deliveries":
            asked = [key for key, _ in index.keys]
            asked += index.options.get("partialFilterExpression", {})
            assert field not in [key.split(".")[0] for key in asked], index.name
