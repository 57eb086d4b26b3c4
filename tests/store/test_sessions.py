"""A process that dies in the middle of a transaction does not hold up the others."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pymongo
import pytest
from pymongo.errors import PyMongoError

from config.settings import ROOT, Settings
from store import mongo, sessions

DIES = """
import os, sys
from store import mongo
db = mongo.connect(sys.argv[1])
def work(session):
    db.runs.update_one({"_id": "hot"}, {"$inc": {"n": 1}}, session=session)
    os.kill(os.getpid(), 9)
mongo.in_transaction(db, work)
"""


@pytest.fixture
def held(db: mongo.Db, settings: Settings) -> None:
    """A row that a dead process's transaction wrote."""
    db.runs.insert_one({"_id": "hot", "n": 0})
    command = [sys.executable, "-c", DIES, settings.mongodb_uri]
    died = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert died.returncode == -signal.SIGKILL


def count_one(db: mongo.Db) -> None:
    with pymongo.timeout(1):
        db.runs.update_one({"_id": "hot"}, {"$inc": {"n": 1}})


def test_what_a_dead_process_had_begun_to_write_is_free_again(db: mongo.Db, held: None) -> None:
    with pytest.raises(PyMongoError):
        count_one(db)

    assert sessions.end_abandoned(db, timedelta(seconds=0.5)) == 1

    count_one(db)
    assert db.runs.find_one({"_id": "hot"}) == {"_id": "hot", "n": 1}, "its own write is undone"


def test_a_transaction_of_the_living_is_left_alone(db: mongo.Db) -> None:
    db.runs.insert_one({"_id": "hot", "n": 0})

    def work(session: pymongo.client_session.ClientSession) -> int:
        db.runs.update_one({"_id": "hot"}, {"$inc": {"n": 1}}, session=session)
        return sessions.end_abandoned(db)

    assert mongo.in_transaction(db, work) == 0
    assert db.runs.find_one({"_id": "hot"}) == {"_id": "hot", "n": 1}


def test_one_that_lives_and_was_ended_is_made_again(db: mongo.Db) -> None:
    db.runs.insert_one({"_id": "hot", "n": 0})
    ended: list[int] = []

    def work(session: pymongo.client_session.ClientSession) -> None:
        db.runs.update_one({"_id": "hot"}, {"$inc": {"n": 1}}, session=session)
        if not ended:
            ended.append(sessions.end_abandoned(db, timedelta(0)))

    mongo.in_transaction(db, work)

    assert ended == [1]
    assert db.runs.find_one({"_id": "hot"}) == {"_id": "hot", "n": 1}
