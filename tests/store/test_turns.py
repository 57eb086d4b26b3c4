"""Whoever counts for a run waits for the others of this machine, and for none that is dead."""

import multiprocessing
import threading
from pathlib import Path

import pytest
from bson import ObjectId

from config.settings import Settings
from store import mongo, turns

RUN = ObjectId()


def test_two_threads_do_not_count_for_one_run_at_once(db: mongo.Db) -> None:
    inside, seen = 0, []

    def count() -> None:
        nonlocal inside
        for _ in range(50):
            with turns.taken(db, [RUN]):
                inside += 1
                seen.append(inside)
                inside -= 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert seen == [1] * 200


def test_a_run_does_not_wait_for_another(db: mongo.Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 600.0)
    other = ObjectId(RUN.binary[:-1] + bytes([RUN.binary[-1] ^ 1]))

    with turns.taken(db, [RUN]), turns.taken(db, [other, None]):
        pass  # and is not still waiting


def _die_holding(uri: str, run_id: ObjectId) -> None:
    with turns.taken(mongo.connect(uri), [run_id]):
        multiprocessing.current_process().kill()


def test_nobody_waits_for_the_dead(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    died = multiprocessing.get_context("spawn").Process(
        target=_die_holding, args=(settings.mongodb_uri, RUN)
    )
    died.start()
    died.join()
    monkeypatch.setattr(turns, "PATIENCE_S", 600.0)

    with turns.taken(db, [RUN]):
        pass


def test_who_waited_too_long_goes_ahead(db: mongo.Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.01)

    with turns.taken(db, [RUN]), turns.taken(db, [RUN]):
        pass


def test_who_cannot_lock_goes_ahead(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("no folder")
    monkeypatch.setattr(turns, "_folder", lambda: occupied)

    with turns.taken(db, [RUN]):
        pass
