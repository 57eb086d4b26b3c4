"""What a process decides with: the latest version it can read, taken up within two seconds."""

import threading
import time
from typing import Any
from unittest.mock import Mock

import pytest

from config.settings import Settings
from rules import books, publish
from rules.books import Books, NoRulesError
from store import mongo, rule_versions
from tests.clock import NOW, eventually
from tests.rules.people import CHEN, message, one_rule

FIRST = dict(one_rule("{intent: price}"))
SECOND = dict(one_rule("{intent: greeting}"))
FOREIGN = {"it.yaml": "rules:\n  - {rule: it, when: {moon: full}, then: [{teleport: home}]}\n"}


@pytest.fixture
def shelf(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Books that ask at every look."""
    monkeypatch.setattr(books, "_LOOK_AGAIN_S", 0.0)
    return Books(settings)


def put(db: mongo.Db, files: dict[str, str]) -> int:
    return publish.publish(db, files, by="Asha", note="", now=NOW)[0]["_id"]


def put_unread(db: mongo.Db, number: int, files: Any = None) -> None:
    """A version of a newer release's, which this one cannot read."""
    row = rule_versions.latest(db)
    assert row is not None
    foreign = sorted(FOREIGN.items()) if files is None else files
    assert rule_versions.insert(db, {**row, "_id": number, "sha256": "x", "files": foreign})


def test_without_a_version_there_is_nothing_to_decide_with(db: mongo.Db, shelf: Books) -> None:
    with pytest.raises(NoRulesError, match="flask rules publish"):
        shelf.current(db)


def test_a_new_version_is_taken_up_within_two_seconds(db: mongo.Db, settings: Settings) -> None:
    mine = Books(settings)
    put(db, FIRST)
    assert mine.current(db).version == 1
    started = time.monotonic()

    put(db, SECOND)

    eventually(lambda: mine.current(db).version == 2, within_s=2.0)
    assert time.monotonic() - started < 2.0


def test_whoever_holds_a_version_goes_on_with_it(db: mongo.Db, shelf: Books) -> None:
    put(db, FIRST)
    held = shelf.current(db)

    put(db, SECOND)
    assert shelf.current(db).version == 2

    decided = held.decide(message("price"), CHEN, NOW)
    assert (decided.rule_version, [hit.rule for hit in decided.hits]) == (1, ["it"])


@pytest.mark.parametrize("files", [None, "no list of files", [["a.yaml", 7]]])
def test_what_a_newer_release_published_leaves_the_last_readable_one(
    db: mongo.Db, shelf: Books, files: Any
) -> None:
    put(db, FIRST)
    assert shelf.current(db).version == 1

    put_unread(db, 2, files)

    assert shelf.current(db).version == 1
    assert shelf.unreadable() == (2,)


def test_at_start_too_the_last_readable_one_decides_and_an_alarm_is_raised(
    db: mongo.Db, shelf: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms = Mock()
    monkeypatch.setattr(books, "log", alarms)
    put(db, FIRST)
    put(db, SECOND)
    put_unread(db, 3)
    put_unread(db, 4)

    assert [shelf.current(db).version for _ in range(3)] == [2, 2, 2]
    assert shelf.unreadable() == (3, 4)
    raised = [call.kwargs["rule_version"] for call in alarms.exception.call_args_list]
    assert raised == [4, 3], "once for each"


def test_the_next_good_version_ends_it(db: mongo.Db, shelf: Books) -> None:
    put(db, FIRST)
    put_unread(db, 2)
    shelf.current(db)

    put(db, SECOND)

    assert shelf.current(db).version == 3
    assert shelf.unreadable() == ()


def test_where_none_can_be_read_it_is_said(db: mongo.Db, shelf: Books) -> None:
    put(db, FIRST)
    mongo.rule_versions(db).update_one({}, {"$set": {"files": sorted(FOREIGN.items())}})

    with pytest.raises(NoRulesError, match="this release"):
        shelf.current(db)


def test_an_event_that_was_begun_under_a_version_finds_it_again(db: mongo.Db, shelf: Books) -> None:
    put(db, FIRST)
    put(db, SECOND)
    put_unread(db, 3)

    earlier = shelf.at(db, 1)
    assert earlier is not None
    assert (earlier.version, earlier.engine_name) == (1, "python")
    assert shelf.at(db, 1) is earlier
    assert shelf.at(db, 2) is shelf.current(db)
    assert shelf.at(db, 3) is None
    assert shelf.at(db, 9) is None


def test_threads_that_decide_lose_nothing_while_versions_change(db: mongo.Db, shelf: Books) -> None:
    put(db, FIRST)
    done = threading.Event()
    seen: list[tuple[int, int]] = []
    faults: list[BaseException] = []

    def decide() -> None:
        try:
            while not done.is_set():
                book = shelf.current(db)
                decided = book.decide(message("price"), CHEN, NOW)
                seen.append((book.version, len(decided.hits)))
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test must show it
            faults.append(error)

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(10):
        put(db, SECOND if turn % 2 == 0 else FIRST)
    eventually(lambda: seen[-1][0] == 11)
    done.set()
    for thread in threads:
        thread.join()

    assert not faults
    assert {hits for version, hits in seen if version % 2 == 1} == {1}, "the first one's rule holds"
    assert {hits for version, hits in seen if version % 2 == 0} <= {0}
