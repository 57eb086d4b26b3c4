"""What is handled goes after the days that were set, and what people wrote before it if need be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.settings import Settings
from rules.books import Books
from runtime import Runtime
from store import indexes, migrations, mongo, texts
from store.documents.inbox import InboxState
from store.indexes import Keeping
from tests.clock import NOW, eventually
from tests.makers import delivery
from workers import clock
from workers.process import Process

EARLY = Keeping(journal_days=30, texts_days=2)
DONE, PARKED, DEAD, NEW = InboxState.DONE, InboxState.PARKED, InboxState.DEAD, InboxState.NEW


def row(db: mongo.Db, key: str, state: InboxState, age_days: float, **more: Any) -> None:
    then = datetime.now(UTC) - timedelta(days=age_days)
    done = {"done_at": then} if state in (DONE, PARKED) else {}
    base = {"_id": key, "state": state, "received_at": then, "shard": 1, "who": "", "at": then}
    db.inbox.insert_one({**base, "kind": "message", "payload": '{"a":1}', **done, **more})


def left(db: mongo.Db) -> set[str]:
    return {one["_id"] for one in db.inbox.find({}, {"_id": 1})}


def said(db: mongo.Db) -> set[str]:
    return {one["_id"] for one in db.inbox.find({"payload": {"$ne": ""}}, {"_id": 1})}


@pytest.fixture
def early(db: mongo.Db, settings: Settings) -> Iterator[mongo.Db]:
    """A database whose texts go before their rows."""
    indexes.ensure(db, EARLY)
    yield db
    for name in ("inbox.dead_texts", "deliveries.reply_texts"):
        collection, index = name.split(".")
        db[collection].drop_index(index)


@pytest.fixture
def expiring(db: mongo.Db) -> Iterator[None]:
    """What is over goes within a second or two."""
    db.client.admin.command("setParameter", 1, ttlMonitorEnabled=True)
    yield
    db.client.admin.command("setParameter", 1, ttlMonitorEnabled=False)


def forget(db: mongo.Db, limit: int = 1_000) -> int:
    return texts.forget(db, datetime.now(UTC) - timedelta(days=2), limit)


@pytest.mark.usefixtures("expiring")
def test_what_is_over_goes_by_itself_and_what_waits_stays(db: mongo.Db) -> None:
    row(db, "done long ago", DONE, 31)
    row(db, "parked long ago", PARKED, 31)
    row(db, "dead long ago", DEAD, 31, raw=b"{")
    row(db, "done", DONE, 29)
    row(db, "dead", DEAD, 29)
    row(db, "waits", NEW, 300)

    eventually(lambda: len(left(db)) == 3, what="that what is over is gone")

    assert left(db) == {"done", "dead", "waits"}


@pytest.mark.usefixtures("expiring")
def test_a_shorter_setting_lets_them_go_at_the_next_migration(
    db: mongo.Db, settings: Settings
) -> None:
    row(db, "done", DONE, 12)
    row(db, "dead", DEAD, 12)
    row(db, "young", DONE, 7)

    migrations.migrate(db, settings.model_copy(update={"journal_days": 10}), NOW)

    eventually(lambda: left(db) == {"young"}, what="that what is over is gone")


def test_texts_go_before_their_rows(early: mongo.Db) -> None:
    for state in (DONE, PARKED, DEAD):
        row(early, f"old {state}", state, 3, raw=b"{")
        row(early, f"young {state}", state, 1)
    row(early, "waits", NEW, 9)

    assert forget(early) == 3

    assert said(early) == {"young done", "young parked", "young dead", "waits"}
    assert len(left(early)) == 7
    assert early.inbox.count_documents({"raw": {"$exists": True}}) == 0


def test_what_people_said_goes_from_events_and_answers(early: mongo.Db) -> None:
    then = datetime.now(UTC) - timedelta(days=3)
    properties = {"sku": "pan"}
    for key, at in (("old", then), ("young", then + timedelta(days=2))):
        early.events.insert_one(
            {"_id": key, "recorded_at": at, "text": "my name is Asha", "properties": properties}
        )
        reply = {"at": at, "wamid": f"wamid.{key}", "text": "my name is Asha", "button": "YES"}
        mongo.deliveries(early).insert_one(delivery(wamid=key, cause=key, reply=reply))

    assert forget(early) == 2

    old = early.events.find_one({"_id": "old"})
    assert old == {"_id": "old", "recorded_at": old and old["recorded_at"], "text": None,
                   "properties": {}}  # fmt: skip
    replies = {row["wamid"]: row["reply"] for row in early.deliveries.find()}
    assert (replies["old"]["text"], replies["old"]["button"]) == (None, "YES")
    assert replies["young"]["text"] == "my name is Asha"


def test_a_pass_is_bounded_and_the_next_goes_on_from_there(early: mongo.Db) -> None:
    for number in range(10):
        row(early, f"{number}", DONE, 9 - number / 10)

    assert [forget(early, limit=4) for _ in range(4)] == [4, 4, 2, 0]


def test_ten_handled_at_one_moment_all_lose_their_texts(early: mongo.Db) -> None:
    at = datetime.now(UTC) - timedelta(days=3)
    for number in range(10):
        row(early, f"{number}", DONE, 3, done_at=at)

    assert [forget(early, limit=4) for _ in range(4)] == [4, 4, 2, 0]
    assert said(early) == set()


def test_a_parked_status_that_is_in_line_again_keeps_its_words(
    early: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    row(early, "status", PARKED, 3)
    blank = texts._blank

    def meanwhile(*given: Any) -> None:
        early.inbox.update_one({"_id": "status"}, {"$set": {"state": NEW}})
        blank(*given)

    monkeypatch.setattr(texts, "_blank", meanwhile)
    forget(early)

    assert said(early) == {"status"}


def test_the_clock_forgets_texts_only_where_it_is_told_to(rt: Runtime, early: mongo.Db) -> None:
    row(rt.db, "old", DONE, 3)
    clock.forget_texts(Process(rt, Books(rt.settings)), datetime.now(UTC))
    assert said(rt.db) == {"old"}

    settings = rt.settings.model_copy(update={"texts_days": 2})
    rt = Runtime(settings, rt.db, rt.redis, rt.whatsapp, rt.pace)
    clock.forget_texts(Process(rt, Books(settings)), datetime.now(UTC))
    assert said(rt.db) == set()
