"""The index of the one line for everybody goes; asking twice does no harm."""

from config.settings import Settings
from store import mongo
from store.migrations import m20261124_lanes


def test_the_old_index_is_dropped_once(db: mongo.Db, settings: Settings) -> None:
    partial = {"status": "pending"}
    db.deliveries.create_index([("due_at", 1)], name="due", partialFilterExpression=partial)

    m20261124_lanes.apply(db, settings)
    m20261124_lanes.apply(db, settings)

    assert "due" not in db.deliveries.index_information()
