"""A shard's journal: in order, one at a time, and a poison event stops nobody but itself."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect

from events import decide, drain, items
from events.work import WAIT_FOR_RULES, Work
from rules import publish
from store import inbox, shards
from store.documents.inbox import InboxItem, InboxState
from tests.events.conftest import ASHA, BILAL, RULES, House, body
from webhooks.rows import of_body


def both_in_one_shard(house: House) -> int:
    """Asha's shard, with Bilal's messages handled there too."""
    house.says(ASHA, "hi")
    house.says(BILAL, "hi")
    shard = house.contact(ASHA)["shard"]
    house.rt.db.contacts.update_many({}, {"$set": {"shard": shard}})
    return shard


def poison(monkeypatch: pytest.MonkeyPatch, error: BaseException | None = None) -> None:
    """Whatever has "poison" in it raises."""
    real = items.said_in

    def poisoned(work: Work, rows: Sequence[InboxItem]) -> list[str]:
        if any("poison" in row["payload"] for row in rows):
            raise error or ZeroDivisionError("whatever it does")
        return real(work, rows)

    monkeypatch.setattr(items, "said_in", poisoned)


def test_one_persons_messages_are_handled_in_the_order_meta_dates_them(house: House) -> None:
    publish.publish(
        house.rt.db,
        {"rules.yaml": "rules: [{rule: echo, when: {event: message},"
         ' then: [{reply: "{{ event.text }}"}]}]'},
        by="test", note="", now=house.now,
    )  # fmt: skip
    entries = [
        {"from": ASHA, "id": f"wamid.{n}", "timestamp": str(1795510000 + n), "type": "text",
         "text": {"body": str(n)}}
        for n in (4, 1, 3, 0, 2)
    ]  # fmt: skip

    house.receive(body("messages", {"messages": entries}))

    owed = house.rt.db.deliveries.find().sort("_id", 1)
    assert [one["message"]["text"]["body"] for one in owed] == ["0", "1", "2", "3", "4"]


def test_a_poison_event_is_set_aside_after_three_tries_and_the_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_in_one_shard(house)
    poison(monkeypatch)
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


def test_a_batch_with_one_poison_event_is_handled_one_by_one_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = both_in_one_shard(house)
    poison(monkeypatch)
    entries = [
        {"from": who, "id": f"wamid.{text}.{who}", "timestamp": "1795510000", "type": "text",
         "text": {"body": text}}
        for who, text in ((ASHA, "poison"), (BILAL, "price"), (ASHA, "price"))
    ]  # fmt: skip

    rows = of_body(json.dumps(body("messages", {"messages": entries})).encode(), house.now)
    inbox.journal(house.rt.db, [{**row, "shard": shard} for row in rows])

    assert drain.drain(house.rt, house.books, shard, house.clock) == 2
    (left,) = house.rt.db.inbox.find({"state": "new"})
    assert (left["_id"], left["tries"]) == (f"m:wamid.poison.{ASHA}", 1)


def test_an_event_whose_worker_died_is_tried_again_alone_with_the_python_engine(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[tuple[str, int]] = []
    real = items.said_in

    def noted(work: Work, rows: Sequence[InboxItem]) -> list[str]:
        assert work.book is not None
        engines.append((work.book.engine_name, len(rows)))
        return real(work, rows)

    monkeypatch.setattr(items, "said_in", noted)
    shard = both_in_one_shard(house)
    again = {"state": InboxState.NEW, "shard": shard}
    house.rt.db.inbox.update_many({}, {"$set": again})
    hold = shards.lease(house.rt.db, shard, house.now)
    assert hold is not None
    in_hand = [row["_id"] for row in house.rt.db.inbox.find()]
    assert shards.begin(house.rt.db, hold, in_hand, house.now)  # and there it died
    house.now += shards.LEASE + timedelta(seconds=1)
    engines.clear()

    house.drain()

    assert engines == [("python", 1), ("python", 1)]


def test_an_event_that_killed_its_worker_three_times_is_set_aside(house: House) -> None:
    shard = both_in_one_shard(house)
    house.rt.db.inbox.update_one({"_id": "m:wamid.in0"}, {"$set": {"state": "new"}})
    for _ in range(3):
        hold = shards.lease(house.rt.db, shard, house.now)
        assert hold is not None
        inbox.suspect(house.rt.db, hold.left)
        assert shards.begin(house.rt.db, hold, ["m:wamid.in0"], house.now)
        house.now += shards.LEASE + timedelta(seconds=1)

    house.drain()

    dead = house.rt.db.inbox.find_one({"state": "dead"})
    assert dead is not None
    assert (dead["_id"], dead["reason"]) == ("m:wamid.in0", "its worker died each time")


def test_a_store_that_is_away_is_no_fault_of_the_event(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, AutoReconnect("the primary stepped down"))
    for _ in range(4):
        with pytest.raises(AutoReconnect):
            house.says(ASHA, "poison", "wamid.poison")

    row = house.rt.db.inbox.find_one({"_id": "m:wamid.poison"})
    assert row is not None
    assert (row["state"], row["tries"]) == ("new", 0)


def test_a_shard_that_another_holds_is_left_alone(house: House) -> None:
    shard = both_in_one_shard(house)
    house.rt.db.inbox.update_many({}, {"$set": {"state": "new", "shard": shard}})
    assert shards.lease(house.rt.db, shard, house.now)

    assert drain.drain(house.rt, house.books, shard, house.clock) == 0

    house.now += shards.LEASE + timedelta(seconds=1)  # its holder died
    assert drain.drain(house.rt, house.books, shard, house.clock) > 0


def test_who_lost_the_shard_stops_at_the_next_step(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = both_in_one_shard(house)
    house.rt.db.inbox.update_many({}, {"$set": {"state": "new", "shard": shard}})
    real = shards.begin

    def taken_over(*args: object) -> bool:
        house.rt.db.shards.update_one({"_id": shard}, {"$set": {"token": "another's"}})
        return real(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(shards, "begin", taken_over)

    assert drain.drain(house.rt, house.books, shard, house.clock) == 0
    assert house.rt.db.inbox.count_documents({"state": "new"}) == 2


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


def test_a_person_waiting_for_an_answer_is_served_before_the_statuses_of_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = both_in_one_shard(house)
    order: list[str] = []
    for name in ("said_in", "statuses_in"):
        real = getattr(items, name)

        def noted(
            work: Work, rows: Sequence[InboxItem], real: object = real, name: str = name
        ) -> list[str]:
            order.append(name)
            return real(work, rows)  # type: ignore[operator,no-any-return]  # the real one

        monkeypatch.setattr(items, name, noted)
    report = {"id": "wamid.s", "status": "sent", "timestamp": "1795500000", "recipient_id": BILAL}
    message = {"from": ASHA, "id": "wamid.m", "timestamp": "1795510000", "type": "text",
               "text": {"body": "price"}}  # fmt: skip
    for value in ({"statuses": [report]}, {"messages": [message]}):
        rows = of_body(json.dumps(body("messages", value)).encode(), house.now)
        inbox.journal(house.rt.db, [{**row, "shard": shard} for row in rows])
    house.drain()

    assert order[:2] == ["said_in", "statuses_in"]


def test_what_was_said_before_the_first_rules_is_answered_once_there_are_some(
    house: House,
) -> None:
    house.rt.db.rule_versions.delete_many({})
    house.books = type(house.books)(house.rt.settings)

    house.says(ASHA, "price")
    house.says(BILAL, "STOP")
    before = house.texts()
    publish.publish(house.rt.db, {"rules.yaml": RULES}, by="test", note="", now=house.now)
    house.drain()

    assert len(before) == 1  # STOP is honoured, and confirmed, without any rules
    assert house.texts()[1:] == ["price_list"]


def test_without_rules_for_long_what_was_said_is_kept_and_done(house: House) -> None:
    house.rt.db.rule_versions.delete_many({})
    house.books = type(house.books)(house.rt.settings)
    house.says(ASHA, "price")

    house.now += WAIT_FOR_RULES
    house.drain()

    (event,) = house.rt.db.events.find()
    assert event["handled"] == "no rules"
    assert house.rt.db.inbox.count_documents({"state": "done"}) == 1


def test_an_event_begun_under_one_version_is_ended_under_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise AutoReconnect("the primary stepped down")

    replies = "rules: [{{rule: hi, when: {{event: message}}, then: [{{reply: {}}}]}}]"
    publish.publish(
        house.rt.db, {"rules.yaml": replies.format("old")}, by="test", note="", now=house.now
    )
    with monkeypatch.context() as patch:
        patch.setattr(decide.Docket, "_act", dies)  # decided, kept, and nothing done yet
        with pytest.raises(AutoReconnect):
            house.says(ASHA, "hello")
    publish.publish(
        house.rt.db, {"rules.yaml": replies.format("new")}, by="test", note="", now=house.now
    )
    house.books = type(house.books)(house.rt.settings)

    house.drain()

    assert house.texts() == ["old"]
