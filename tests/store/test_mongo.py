"""How long an operation may take is the process's, unless something is long by nature."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.settings import Settings
from store import mongo

SLOW = {"$where": "sleep(400) || true"}


@pytest.fixture
def hasty(db: mongo.Db, settings: Settings) -> Iterator[mongo.Db]:
    """A client whose operations may take a fifth of a second."""
    db.slow.insert_one({})
    client = mongo.connect(settings.mongodb_uri, timeout_s=0.2)
    yield client
    client.client.close()


def test_an_operation_that_takes_too_long_is_given_up(hasty: mongo.Db) -> None:
    with pytest.raises(mongo.StoreError):
        hasty.slow.find_one(SLOW)


def test_what_is_long_by_nature_gets_its_time(hasty: mongo.Db) -> None:
    with mongo.patience(20):
        assert hasty.slow.find_one(SLOW)


def test_several_processes_may_make_the_same_collections(settings: Settings) -> None:
    db = mongo.connect(settings.mongodb_uri)
    names = [f"made_{n}" for n in range(4)]
    try:
        with ThreadPoolExecutor(4) as pool:
            for one in [pool.submit(mongo.make_collections, db, names) for _ in range(4)]:
                one.result()

        assert set(names) <= set(db.list_collection_names())
    finally:
        for name in names:
            db.drop_collection(name)
