"""What was set aside is put back by hand, and is then handled once; or it is given up."""

import json
from collections.abc import Sequence

import pytest

from events import dead_letters, items
from events.dead_letters import UnknownDeadLetterError, UselessRetryError
from events.work import Work
from store import dead_letters as kept
from store import inbox, queue
from store.documents.inbox import InboxItem
from tests.clock import NOW
from tests.events.conftest import ASHA, BILAL, House, body
from webhooks.rows import of_body


@pytest.fixture
def poison(house: House, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Asha's message cannot be handled until it is undone; Bilal's, which came later, could."""
    real = items.said_in

    def poisoned(work: Work, rows: Sequence[InboxItem]) -> list[str]:
        if any("wamid.poison" in row["payload"] for row in rows):
            raise ZeroDivisionError("whatever it does")
        return real(work, rows)

    with monkeypatch.context() as poisoning:
        poisoning.setattr(items, "said_in", poisoned)
        house.says(ASHA, "price", "wamid.poison")
        house.says(BILAL, "price")
        for _ in range(3):
            house.drain()
        assert kept.count(house.rt.db, at_most=10) == 1
        return poisoning


def name(house: House) -> str:
    return dead_letters.name_of(kept.latest(house.rt.db, 1)[0])


def row(house: House) -> InboxItem:
    found = house.rt.db.inbox.find_one({"_id": "m:wamid.poison"})
    assert found is not None
    return found  # type: ignore[return-value]  # what the collection holds


def test_a_retry_of_what_is_poison_no_more_is_handled_once(
    house: House, poison: pytest.MonkeyPatch
) -> None:
    poison.undo()

    dead_letters.retry(house.rt, name(house), "asha", NOW)
    for _ in range(3):
        house.drain()

    assert house.texts() == ["price_list", "price_list"]
    assert row(house)["state"] == "done"
    assert house.rt.db.events.count_documents({"_id": "m:wamid.poison"}) == 1


def test_a_retry_is_noted_and_its_shard_is_woken(house: House, poison: pytest.MonkeyPatch) -> None:
    house.rt.redis.flushall()

    dead_letters.retry(house.rt, name(house), "asha", NOW)

    back = row(house)
    assert (back["state"], back["tries"], "reason" in back) == ("new", 0, False)
    (note,) = back["put_back"]
    assert (note["by"], note["at"]) == ("asha", NOW)
    assert "ZeroDivisionError" in note["reason"]
    assert queue.next_shard(house.rt.redis) == back["shard"]


def test_poison_that_is_still_poison_has_three_tries_again(
    house: House, monkeypatch: pytest.MonkeyPatch, poison: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def poisoned(_work: Work, rows: Sequence[InboxItem]) -> list[str]:
        tries.extend(row["_id"] for row in rows)
        raise ZeroDivisionError("as before")

    monkeypatch.setattr(items, "said_in", poisoned)
    dead_letters.retry(house.rt, name(house), "asha", NOW)
    for _ in range(5):
        house.drain()

    assert tries == ["m:wamid.poison"] * 3
    assert row(house)["state"] == "dead"
    assert "as before" in row(house).get("reason", "")


def test_two_who_retry_at_once_put_it_back_once(house: House, poison: pytest.MonkeyPatch) -> None:
    one = name(house)
    dead_letters.retry(house.rt, one, "asha", NOW)

    with pytest.raises(UnknownDeadLetterError):
        dead_letters.retry(house.rt, one, "bilal", NOW)

    assert len(row(house)["put_back"]) == 1


def test_what_cannot_be_read_is_not_retried_and_says_why(house: House) -> None:
    inbox.journal(house.rt.db, of_body(b"no json", NOW))

    with pytest.raises(UselessRetryError, match="no webhook"):
        dead_letters.retry(house.rt, name(house), "asha", NOW)

    assert dead_letters.retry_all(house.rt, "asha", NOW) == 0
    assert dead_letters.text_of(dead_letters.named(house.rt.db, name(house))) == "no json"


def test_what_is_not_kept_any_more_is_not_retried_and_says_why(
    house: House, poison: pytest.MonkeyPatch
) -> None:
    house.rt.db.inbox.update_many({}, {"$set": {"payload": ""}})

    with pytest.raises(UselessRetryError, match="TEXTS_DAYS"):
        dead_letters.retry(house.rt, name(house), "asha", NOW)

    assert dead_letters.retry_all(house.rt, "asha", NOW) == 0


def test_all_that_can_be_read_are_put_back_together(
    house: House, poison: pytest.MonkeyPatch
) -> None:
    inbox.journal(house.rt.db, of_body(b"no json", NOW))

    assert dead_letters.retry_all(house.rt, "asha", NOW) == 1

    assert row(house)["state"] == "new"
    assert kept.count(house.rt.db, at_most=10) == 1


def test_what_is_dropped_is_forgotten_but_known_when_meta_repeats_it(house: House) -> None:
    raw = b'{"secret of Chen": '
    inbox.journal(house.rt.db, of_body(raw, NOW))

    dead_letters.drop(house.rt, name(house), "asha", NOW)

    assert inbox.journal(house.rt.db, of_body(raw, NOW)) == 0
    (dropped,) = house.rt.db.inbox.find()
    assert dropped["state"] == "done"
    assert dropped["done_at"] == NOW
    assert dropped["dropped_by"] == "asha"
    assert "Chen" not in str(dropped)


def test_a_name_tells_nothing_of_the_person(house: House) -> None:
    status = {"id": f"wamid.{ASHA}", "status": "sent", "timestamp": "1795510000"}
    inbox.journal(
        house.rt.db, of_body(json.dumps(body("messages", {"statuses": [status]})).encode(), NOW)
    )
    house.rt.db.inbox.update_many({}, {"$set": {"state": "dead"}})

    assert ASHA in kept.latest(house.rt.db, 1)[0]["_id"]
    assert ASHA not in name(house)
    assert len(name(house)) == 12
