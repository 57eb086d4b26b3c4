"""In development a save publishes, and a fault is told with its place."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rules import autopublish, publish
from store import mongo, rule_versions
from tests.clock import NOW, eventually
from tests.rules.people import one_rule

GOOD = one_rule("{intent: price}")["it.yaml"]
OTHER = one_rule("{intent: greeting}")["it.yaml"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    return tmp_path / "rules"


@pytest.fixture
def said(db: mongo.Db, folder: Path) -> Iterator[list[str]]:
    """What is said while the folder is followed."""
    lines: list[str] = []
    stop = threading.Event()
    following = threading.Thread(
        target=autopublish.follow, args=(db, folder, stop, lines.append, lambda: NOW)
    )
    following.start()
    yield lines
    stop.set()
    following.join(10)
    assert not following.is_alive()


def version(db: mongo.Db) -> int:
    return rule_versions.latest_number(db) or 0


def test_a_save_is_published_and_a_fault_is_told_with_its_place(
    db: mongo.Db, folder: Path, said: list[str]
) -> None:
    eventually(lambda: version(db) == 1, what="the empty folder")

    (folder / "it.yaml").write_text(GOOD)
    eventually(lambda: version(db) == 2)
    (folder / "it.yaml").write_text(GOOD.replace("intent: price}", "intent: prize}"))
    eventually(lambda: said[-1] == "not published; version 2 goes on")

    assert said[-2].startswith("it.yaml:7:")
    assert said[-2].endswith("did you mean 'price'?")
    assert version(db) == 2

    (folder / "new").mkdir()
    (folder / "new" / "that.yaml").write_text("intents: {}\n")
    (folder / "it.yaml").write_text(OTHER)
    eventually(lambda: version(db) >= 3)
    latest = rule_versions.latest(db)
    assert latest is not None
    assert latest["published_by"] == "autopublish"


def test_going_back_stands_until_the_next_save(db: mongo.Db, folder: Path, said: list[str]) -> None:
    (folder / "it.yaml").write_text(GOOD)
    eventually(lambda: version(db) >= 1 and "it.yaml" in dict(rule_versions.latest(db)["files"]))  # type: ignore[index]  # it is there
    before = version(db)
    publish.publish(db, {}, by="Asha", note="", now=NOW)

    threading.Event().wait(0.3)
    assert version(db) == before + 1

    (folder / "it.yaml").write_text(OTHER)
    eventually(lambda: version(db) == before + 2)


def test_a_folder_that_is_put_in_its_place_is_followed(
    db: mongo.Db, folder: Path, said: list[str]
) -> None:
    eventually(lambda: version(db) == 1)
    folder.rename(folder.with_name("old"))
    eventually(lambda: any("is no folder; waiting" in line for line in said))

    folder.mkdir()
    (folder / "it.yaml").write_text(GOOD)

    eventually(lambda: version(db) == 2)
