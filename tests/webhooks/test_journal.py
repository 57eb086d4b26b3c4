"""Group commit: nobody is let go before their rows are kept, and one bad group fails alone."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from store import inbox, mongo
from store.documents.inbox import InboxItem
from tests.clock import NOW, eventually
from tests.webhooks.conftest import message
from webhooks.journal import MOST_GROUPS, MOST_ROWS, Journal, NotJournaledError
from webhooks.rows import of_body


def rows(number: int) -> list[InboxItem]:
    return of_body(json.dumps(message(f"wamid.{number}")).encode(), NOW)


def test_each_request_finds_its_rows_kept_when_it_returns(db: mongo.Db) -> None:
    journal = Journal(db, after=lambda *_: None)

    def keep(number: int) -> bool:
        journal.keep(rows(number))
        return db.inbox.find_one({"_id": f"m:wamid.{number}"}) is not None

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(keep, range(300)))


def test_requests_that_come_together_share_a_write(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    real = inbox.journal

    def counted(db: mongo.Db, items: list[InboxItem]) -> int:
        writes.append(len(items))
        return real(db, items)

    monkeypatch.setattr(inbox, "journal", counted)
    journal = Journal(db, after=lambda *_: None)
    together = threading.Barrier(32)

    def keep(number: int) -> None:
        together.wait()
        journal.keep(rows(number))

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(keep, range(32)))
    assert sum(writes) == 32
    assert len(writes) < 16


def test_the_touched_shards_are_told_once_they_are_kept(db: mongo.Db) -> None:
    told: list[tuple[set[int], set[int]]] = []
    done = threading.Event()

    def after(shards: set[int], said: set[int]) -> None:
        told.append((shards, said))
        done.set()

    Journal(db, after=after).keep(rows(1))

    assert done.wait(5)
    shard = rows(1)[0]["shard"]
    assert told == [({shard}, {shard})]


def test_a_write_that_fails_is_told_and_the_next_one_is_kept(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(db, after=lambda *_: None)
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "journal", lambda *_: (_ for _ in ()).throw(mongo.StoreError("away")))
        with pytest.raises(NotJournaledError):
            journal.keep(rows(1))

    assert eventually(lambda: is_kept(journal, rows(1)))
    assert db.inbox.count_documents({}) == 1


def is_kept(journal: Journal, items: list[InboxItem]) -> bool:
    try:
        journal.keep(items)
    except NotJournaledError:
        return False
    return True


def test_a_request_waits_no_longer_than_meta_does(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()
    monkeypatch.setattr(inbox, "journal", lambda *_: never.wait(10))
    journal = Journal(db, after=lambda *_: None, wait_s=0.2)

    with pytest.raises(NotJournaledError):
        journal.keep(rows(1))
    never.set()


def test_a_crowd_is_written_in_groups_and_who_comes_too_late_is_turned_away(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = threading.Event()
    sizes: list[int] = []

    def written(_: mongo.Db, items: list[InboxItem]) -> int:
        sizes.append(len(items))
        slow.wait(10)
        return len(items)

    monkeypatch.setattr(inbox, "journal", written)
    journal = Journal(db, after=lambda *_: None, wait_s=10)
    first = journal.join(rows(0))
    eventually(lambda: sizes)
    half_a_group = rows(1) * (MOST_ROWS // 2)

    groups = [journal.join(half_a_group) for _ in range(2 * MOST_GROUPS)]
    with pytest.raises(NotJournaledError):
        journal.join(half_a_group)
    slow.set()
    for group in [first, *groups]:
        group.wait()

    assert sizes == [1, *[MOST_ROWS] * MOST_GROUPS]


def test_who_waited_too_long_is_not_written_any_more(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = threading.Event()
    monkeypatch.setattr(inbox, "journal", lambda *_: slow.wait(10))
    journal = Journal(db, after=lambda *_: None, wait_s=0.2)
    groups = [journal.join(rows(number)) for number in range(2)]
    late = journal.join(rows(2))
    for group in {*groups, late}:
        with pytest.raises(NotJournaledError):
            group.wait()
    monkeypatch.undo()
    slow.set()

    assert eventually(lambda: is_kept(journal, rows(3)))
    assert {row["_id"] for row in db.inbox.find()} == {"m:wamid.3"}
