"""Indexes stand after a migration, and a changed keeping time changes the index."""

from config.settings import Settings
from store import indexes, migrations, mongo
from tests.clock import NOW


def test_a_second_migration_has_nothing_to_do(db: mongo.Db, settings: Settings) -> None:
    assert migrations.migrate(db, settings, NOW) == []
    assert indexes.missing(db, settings.journal_days) == []


def test_a_changed_keeping_time_changes_the_index(db: mongo.Db) -> None:
    assert indexes.ensure(db, journal_days=7) == ["inbox.expire"]
    assert indexes.missing(db, journal_days=7) == []
