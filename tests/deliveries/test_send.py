"""Claimed before the POST, recorded after it, and never sent twice, whatever Meta answers."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, service
from contacts import consent, touch
from contacts.identity import Identity
from deliveries import check, lanes, outbox, outcome, send
from store import contacts, deliveries, senders, suppressions, templates
from store.documents.delivery import DeliveryStatus
from store.documents.suppression import Scope
from tests.clock import NOW
from tests.conftest import control
from tests.deliveries.conftest import Shop
from tests.makers import make_contact, order
from whatsapp.client import Accepted


def test_what_is_owed_is_sent_with_its_own_id(shop: Shop) -> None:
    owed = shop.owe()

    assert shop.send() == 1

    row = shop.row(owed)
    assert row["status"] == "accepted"
    assert row["wamid"]
    assert row["attempts"] == 1
    (one,) = control(shop.meta, "GET", "sent")["sent"]
    assert one["callback_data"] == str(owed["_id"])


def test_it_is_owed_once_however_often_it_is_asked_for(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: outbox.owe(shop.rt.db, order(shop.chen), NOW)[1], range(16)))

    assert made.count(True) == 1
    assert shop.rt.db.deliveries.count_documents({}) == 1


def test_what_is_not_due_waits(shop: Shop) -> None:
    outbox.owe(shop.rt.db, order(shop.chen, due_at=NOW + timedelta(minutes=1)), NOW)

    assert shop.send() == 0
    shop.later(minutes=2)
    assert shop.send() == 1


def test_two_senders_at_once_send_each_message_once(shop: Shop) -> None:
    people = [make_contact(shop.rt.db, f"9198123{n:05d}") for n in range(60)]
    for person in people:
        outbox.owe(shop.rt.db, order(person, f"event:{person['_id']}"), NOW)
    start = threading.Barrier(4)

    def one(_: int) -> None:
        start.wait()
        shop.send()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))

    assert shop.rt.db.deliveries.count_documents({"status": "accepted"}) == 60
    assert shop.sent() == 60


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
def test_a_send_that_was_not_answered_is_unknown_and_never_sent_again(
    shop: Shop, kind: str
) -> None:
    owed = shop.owe()
    shop.next(kind)
    shop.send()
    asked = shop.asked()

    for _ in range(3):
        shop.later(hours=24)
        shop.send()
        send.settle_adrift(shop.rt, shop.now)

    assert shop.row(owed)["status"] == "unknown"
    assert shop.asked() == asked


def test_a_status_settles_what_was_unknown(shop: Shop) -> None:
    owed = shop.owe()
    shop.next("timeout_after")
    shop.send()

    shop.status("delivered", "wamid.late", biz_opaque_callback_data=str(owed["_id"]))

    row = shop.row(owed)
    assert (row["status"], row["wamid"], row["lease"]) == ("delivered", "wamid.late", None)


def test_a_late_answer_is_taken_under_its_own_token_alone(shop: Shop) -> None:
    owed = shop.owe()
    batch = lanes.lease(shop.rt, NOW, 10)
    (claimed,) = send.claim(shop.rt, batch, NOW)
    shop.later(minutes=1)
    assert send.settle_adrift(shop.rt, shop.now) == 1

    stranger = {**claimed, "lease": {"token": "another", "until": NOW}}
    outcome.record(shop.rt, [(stranger, Accepted("wamid.x", None, False))], shop.now)  # type: ignore[list-item]  # a stranger's row
    assert shop.row(owed)["status"] == "unknown"

    outcome.record(shop.rt, [(claimed, Accepted("wamid.y", None, False))], shop.now)
    assert (shop.row(owed)["status"], shop.row(owed)["wamid"]) == ("accepted", "wamid.y")


def test_a_status_faster_than_its_answer_is_not_undone(shop: Shop) -> None:
    owed = shop.owe()
    (claimed,) = send.claim(shop.rt, lanes.lease(shop.rt, NOW, 10), NOW)
    shop.status("delivered", "wamid.fast", biz_opaque_callback_data=str(owed["_id"]))

    outcome.record(shop.rt, [(claimed, Accepted("wamid.fast", None, False))], NOW)

    assert shop.row(owed)["status"] == "delivered"


def test_a_status_that_echoes_nothing_waits_for_the_record_of_its_send(shop: Shop) -> None:
    owed = shop.owe()
    (claimed,) = send.claim(shop.rt, lanes.lease(shop.rt, NOW, 10), NOW)
    shop.status("delivered", "wamid.fast")
    assert shop.rt.db.inbox.count_documents({"state": "parked"}) == 1

    outcome.record(shop.rt, [(claimed, Accepted("wamid.fast", None, False))], NOW)
    shop.status("sent", "wamid.fast")

    assert shop.row(owed)["status"] == "delivered"


def test_a_lease_whose_holder_died_is_free_again(shop: Shop) -> None:
    shop.owe()
    assert lanes.lease(shop.rt, NOW, 10)
    assert shop.send() == 0

    shop.later(seconds=11)
    assert shop.send() == 1


def test_an_error_of_metas_server_is_tried_again_with_growing_waits(shop: Shop) -> None:
    owed = shop.owe()
    shop.next("http_5xx", "http_5xx", "ok")

    for wait in (5, 25):
        shop.send()
        assert shop.row(owed)["due_at"] == shop.now + timedelta(seconds=wait)
        shop.later(seconds=wait)
    shop.send()

    assert shop.row(owed)["status"] == "accepted"
    assert shop.sent() == 1


def test_the_pair_limit_waits_for_that_person_alone(shop: Shop) -> None:
    owed = shop.owe()
    shop.faults(errors=[{"code": 131056, "to": shop.chen["wa_id"]}])
    other = make_contact(shop.rt.db, "919812345670")
    outbox.owe(shop.rt.db, order(other), NOW)

    for wait in (1, 4, 16, 64, 256):
        shop.send()
        assert shop.row(owed)["due_at"] == shop.now + timedelta(seconds=wait)
        shop.later(seconds=wait)
    shop.send()

    assert shop.row(owed)["status"] == "failed"
    assert shop.sent() == 1, "the other person's"


def test_too_fast_slows_us_down_and_is_sent_later(shop: Shop) -> None:
    owed = shop.owe()
    shop.next(130429, "ok")

    shop.send()
    assert shop.row(owed)["reason"] == "retry_130429"
    rate = float(shop.rt.redis.hget("drumbeat:pace:106540352242922", "rate") or 0)
    assert rate == 40

    shop.later(seconds=2)
    shop.send()
    assert shop.row(owed)["status"] == "accepted"


def test_a_bad_token_stops_everything_and_loses_nothing(shop: Shop) -> None:
    owed = [shop.owe(f"event:{n}") for n in range(5)]
    shop.faults(errors=[{"code": 190}])
    shop.send()
    blocked = shop.asked()

    shop.later(seconds=30)
    shop.send()
    assert shop.asked() == blocked, "nothing is tried while the block stands"

    shop.later(seconds=31)
    shop.send()
    assert shop.asked() == blocked + 1, "one message finds out whether it is mended"

    shop.faults()
    shop.later(seconds=61)
    shop.send()
    assert {shop.row(one)["status"] for one in owed} == {"accepted"}
    assert senders.find(shop.rt.db, shop.rt.whatsapp.phone_number_id)["blocked"] is False  # type: ignore[index]  # it is there


def test_a_spam_limit_waits_for_a_person(shop: Shop) -> None:
    shop.owe()
    shop.next(131048)
    shop.send()

    shop.later(days=30)
    assert shop.send() == 0

    senders.resume(shop.rt.db, shop.rt.whatsapp.phone_number_id, shop.now)
    assert shop.send() == 1


def test_metas_marketing_limit_is_tried_a_day_later_and_once(shop: Shop) -> None:
    owed = shop.owe()
    shop.next(131049, 131049)
    shop.send()
    assert shop.row(owed)["due_at"] == NOW + timedelta(days=1)

    shop.later(days=1)
    shop.send()

    assert shop.row(owed)["status"] == "failed"


def test_somebody_who_stopped_marketing_at_meta_is_suppressed(shop: Shop) -> None:
    shop.owe()
    shop.next(131050)
    shop.send()

    found = suppressions.find(shop.rt.db, [f"wa_id:{shop.chen['wa_id']}"])
    assert next(iter(found.values()))["scope"] == "marketing"


def test_a_paused_template_pauses_its_campaigns(shop: Shop) -> None:
    document = {
        "type": "triggered",
        "message": {"template": "hello_world", "language": "en_US"},
    }
    service.define(shop.rt.db, "hello", document, "test", NOW)
    life.start(shop.rt.db, "hello", "test", NOW)
    shop.owe()
    shop.next(132015)
    shop.send()

    template = templates.find(shop.rt.db, "hello_world", "en_US")
    campaign = shop.rt.db.campaigns.find_one({"_id": "hello"})
    assert template is not None
    assert template["status"] == "PAUSED"
    assert campaign is not None
    assert (campaign["state"], campaign["reason"]) == (
        "paused",
        "The template is paused (Meta's 132015)",
    )


def test_one_stale_move_stops_no_other(shop: Shop) -> None:
    rows = [shop.owe(f"event:{n}") for n in range(3)]
    gone = {"status": "skipped", "reason": "test"}
    shop.rt.db.deliveries.update_one({"_id": rows[1]["_id"]}, {"$set": gone})

    moved = deliveries.move(
        shop.rt.db, [deliveries.Move(row, DeliveryStatus.SKIPPED, {"reason": "x"}) for row in rows]
    )

    assert moved == {rows[0]["_id"], rows[2]["_id"]}


def test_a_contact_that_was_joined_while_its_message_was_on_its_way_still_gets_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = shop.owe()
    keeper = touch.new_contact(Identity(bsuid="SG.1349120865530274"), "Chen", "test", NOW)
    contacts.insert(shop.rt.db, keeper)
    sort = check.sort

    def join_after(*args: Any) -> check.Sorted:
        sorted_ = sort(*args)
        phone = {"$set": {"wa_id": shop.chen["wa_id"]}}
        contacts.take_over(shop.rt.db, keeper["_id"], shop.chen, phone)
        return sorted_

    monkeypatch.setattr(check, "sort", join_after)
    assert shop.send() == 1

    assert shop.row(owed)["status"] == "accepted"
    assert shop.row(owed)["contact_id"] == keeper["_id"]


def test_one_persons_messages_leave_in_the_order_they_were_owed(shop: Shop) -> None:
    others = [make_contact(shop.rt.db, f"9198124{n:05d}") for n in range(20)]
    for step in range(5):
        for person in (shop.chen, *others):
            outbox.owe(shop.rt.db, order(person, "event:1", step=step), NOW)

    shop.send()

    steps = {row["wamid"]: row["step"] for row in shop.rt.db.deliveries.find()}
    sent = control(shop.meta, "GET", "sent")["sent"]
    chens = [steps[one["wamid"]] for one in sent if one["wa_id"] == shop.chen["wa_id"]]
    assert chens == [0, 1, 2, 3, 4]


class OneAtATime:
    """A pace that grants one message each time; `meanwhile` happens before the second."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile
        self.calls = 0

    def take(self, wanted: int) -> tuple[int, float]:
        self.calls += 1
        if self.calls == 2:
            self.meanwhile()
        return min(1, wanted), 0.2

    def slow_down(self) -> None:
        return


def test_a_stop_while_its_batch_waits_for_pace_holds(shop: Shop) -> None:
    owed = [shop.owe(f"event:{n}") for n in range(3)]
    asha = Identity(shop.chen["wa_id"])

    def stop() -> None:
        consent.suppress(
            shop.rt.db, asha, scope=Scope.ALL, until=None, source="keyword", reason=None,
            evidence="wamid.stop", now=shop.now,
        )  # fmt: skip

    rt = replace(shop.rt, pace=OneAtATime(stop))  # type: ignore[arg-type]  # in the pace's place
    send.send_due(rt, shop.clock)

    assert shop.sent() == 1
    assert sorted(shop.row(one)["status"] for one in owed) == ["accepted", "skipped", "skipped"]
