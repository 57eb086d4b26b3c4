"""Files handed in on the page: a worker brings them in, and the next goes on where it died."""

import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from contacts import handed_in, importer, imports
from contacts.imports import Source
from contacts.rows import FileKind
from runtime import Runtime
from store import import_files
from store import imports as stored
from store.documents.imported import Import
from store.mongo import StoreError
from tests.clock import NOW

PHONES = [f"+9198123456{place:02}" for place in range(12)]
FILE = "\n".join(["phone", *PHONES, "12", PHONES[0], ""]).encode()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "BATCH", 5)


def handed(rt: Runtime, file: bytes = FILE) -> str:
    source = Source("page", "people.csv", "asha", len(file))
    return handed_in.hand_in(rt, FileKind.CSV, source, io.BytesIO(file), NOW)["_id"]


def work(rt: Runtime, at: datetime = NOW, stop: Any = lambda: False) -> int:
    return handed_in.bring_in_due(rt, lambda: at, stop)


def kept(rt: Runtime, import_id: str) -> Import:
    found = stored.find(rt.db, import_id)
    assert found is not None
    return found


def came_of(one: Import) -> tuple[int, int, int, int]:
    return one["lines"], one["created"], one["unchanged"], one["rejected"]


def files(rt: Runtime) -> int:
    return int(
        sum(rt.db[f"import_files.{part}"].count_documents({}) for part in ("files", "chunks"))
    )


def stop_after(batches: int) -> Any:
    turns = iter([False] * batches)
    return lambda: next(turns, True)


def test_a_file_that_was_handed_in_is_brought_in_and_gone(rt: Runtime) -> None:
    import_id = handed(rt)
    assert files(rt) == 2

    assert work(rt) == 1

    assert came_of(kept(rt, import_id)) == (15, 12, 0, 2)
    assert kept(rt, import_id)["state"] == "done"
    assert files(rt) == 0


def test_a_worker_that_is_to_stop_leaves_the_rest_to_the_next(rt: Runtime) -> None:
    import_id = handed(rt)

    assert work(rt, stop=stop_after(2)) == 0
    assert came_of(kept(rt, import_id)) == (11, 10, 0, 0)
    assert imports.state_of(kept(rt, import_id), NOW + timedelta(days=1)) == "running"

    assert work(rt) == 1
    assert came_of(kept(rt, import_id)) == (15, 12, 0, 2)
    assert [row["line"] for row in stored.rejected(rt.db, import_id)] == [14, 15]


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third batch kills its worker after it was written and before that is noted."""
    batches = iter(range(3))
    whole = importer._keep

    def keep(*given: Any) -> None:
        whole(*given)
        if next(batches, 0) == 2:
            raise StoreError

    monkeypatch.setattr(importer, "_keep", keep)


@pytest.mark.usefixtures("dies")
def test_a_worker_that_died_is_followed_by_another_and_no_line_counts_twice(rt: Runtime) -> None:
    import_id = handed(rt)
    with pytest.raises(StoreError):
        work(rt)

    assert work(rt, NOW + timedelta(seconds=19)) == 0, "it may be at work still"
    assert work(rt, NOW + timedelta(seconds=21)) == 1

    one = kept(rt, import_id)
    assert came_of(one) == (15, 10, 2, 2)
    assert one["created"] + one["unchanged"] + one["rejected"] == 14
    assert rt.db.contacts.count_documents({}) == 12
    assert rt.db.import_rejections.count_documents({}) == 2


def test_a_worker_that_was_taken_for_dead_leaves_it_to_the_other(rt: Runtime) -> None:
    import_id = handed(rt)

    def taken() -> bool:
        if kept(rt, import_id)["lines"] == 6:
            stored.claim(rt.db, NOW + timedelta(minutes=1))
        return False

    assert work(rt, stop=taken) == 0
    assert kept(rt, import_id)["state"] == "running"
    assert work(rt, NOW + timedelta(minutes=2)) == 1
    # What the first wrote and could not note is found as it should be.
    assert came_of(kept(rt, import_id)) == (15, 7, 5, 2)


def test_a_file_that_kills_its_worker_each_time_is_given_up(rt: Runtime) -> None:
    import_id = handed(rt)
    later = NOW
    for _ in range(5):
        assert stored.claim(rt.db, later) is not None
        later += timedelta(minutes=1)

    work(rt, later)

    assert "died over it" in (kept(rt, import_id)["error"] or "")
    assert files(rt) == 0


def test_a_file_that_never_came_whole_is_found_out(rt: Runtime) -> None:
    import_id = handed(rt)
    rt.db["import_files.files"].delete_many({})

    work(rt)

    assert kept(rt, import_id)["state"] == "failed"
    assert files(rt) == 0
    import_files.drop(rt.db, import_id)


def test_a_file_that_cannot_be_used_says_why_and_is_gone(rt: Runtime) -> None:
    import_id = handed(rt, b"telephone\n1\n")

    work(rt)

    assert "telephone" in (kept(rt, import_id)["error"] or "")
    assert not stored.any_due(rt.db, NOW + timedelta(days=1))
    assert files(rt) == 0
