"""A shard's journal: in order, one at a time, and a poison event stops nobody but itself."""

from datetime import timedelta

import pytest

from events import drain, items, messages
from store import inbox, shards
from store.documents.inbox import InboxItem
from tests.events.conftest import ASHA, BILAL, House, body


def texts_in_order(house: House) -> list[str]:
    return [row["text"] for row in house.rt.db.events.find({"name": "message"}).sort("_id", 1)]


def both_in_one_shard(house: House) -> int:
    """Asha's shard, with Bilal's messages handled there too."""
    house.says(ASHA, "hi")
    house.says(BILAL, "hi")
    shard = house.contact(ASHA)["shard"]
    house.rt.db.contacts.update_many({}, {"$set": {"shard": shard}})
    return shard


def test_one_persons_messages_are_handled_in_the_order_meta_dates_them(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled: list[str | None] = []
    real = messages.handle

    def noted(*args: object) -> messages.Handled:
        handled.append(args[4].text)  # type: ignore[attr-defined]  # the message
        return real(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(messages, "handle", noted)
    entries = [
        {"from": ASHA, "id": f"wamid.{n}", "timestamp": str(1795510000 + n), "type": "text",
         "text": {"body": str(n)}}
        for n in (4, 1, 3, 0, 2)
    ]  # fmt: skip

    house.receive(body("messages", {"messages": entries}))

    assert handled == ["0", "1", "2", "3", "4"]


def test_a_poison_event_is_set_aside_after_three_tries_and_the_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_in_one_shard(house)
    real = items.one

    def poisoned(work: items.Work, row: InboxItem) -> list[str]:
        if "poison" in row["payload"]:
            raise ZeroDivisionError("whatever it does")
        return real(work, row)

    monkeypatch.setattr(items, "one", poisoned)
    house.says(ASHA, "poison", "wamid.poison")
    house.says(BILAL, "price")
    for _ in range(4):
        house.drain()

    dead = house.rt.db.inbox.find_one({"state": "dead"})
    assert dead is not None
    assert dead["_id"] == "m:wamid.poison"
    assert dead["tries"] == 3
    assert "ZeroDivisionError" in dead["reason"]
    assert house.texts() == ["price_list"]


def test_an_event_whose_worker_died_is_tried_again_alone_with_the_python_engine(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[str] = []
    real = items.one

    def noted(work: items.Work, row: InboxItem) -> list[str]:
        assert work.book is not None
        engines.append(work.book.engine_name)
        return real(work, row)

    monkeypatch.setattr(items, "one", noted)
    house.says(ASHA, "price", "wamid.a")
    house.rt.db.inbox.update_one({"_id": "m:wamid.a"}, {"$set": {"state": "new", "tries": 1}})
    house.drain()

    assert engines[-1] == "python"


def test_a_shard_that_another_holds_is_left_alone(house: House) -> None:
    shard = both_in_one_shard(house)
    house.rt.db.inbox.update_many({}, {"$set": {"state": "new", "shard": shard}})
    token = shards.lease(house.rt.db, shard, house.now)

    assert drain.drain(house.rt, house.books, shard, house.clock) == 0

    house.now += shards.LEASE + timedelta(seconds=1)  # its holder died
    assert drain.drain(house.rt, house.books, shard, house.clock) > 0
    assert token


def test_what_waits_is_found_by_the_sweep(house: House) -> None:
    house.says(ASHA, "hi")
    house.rt.db.inbox.update_many({}, {"$set": {"state": "new"}})

    assert inbox.waiting_shards(house.rt.db, house.now + timedelta(seconds=1)) == [
        house.contact(ASHA)["shard"]
    ]
    assert inbox.waiting_shards(house.rt.db, house.now - timedelta(days=1)) == []


def test_a_broken_status_does_not_keep_the_messages_of_its_body_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[str]:
        raise ValueError("a status nobody can read")

    monkeypatch.setattr(items, "statuses_in", broken)
    message = {"from": ASHA, "id": "wamid.m", "timestamp": "1795510000", "type": "text",
               "text": {"body": "price"}}  # fmt: skip
    status = {"id": "wamid.s", "status": "sent", "timestamp": "1795500000", "recipient_id": ASHA}

    house.receive(body("messages", {"messages": [message], "statuses": [status]}))

    assert house.rt.db.deliveries.count_documents({"campaign": "price_list"}) == 1
