"""What each fault of Meta's does to a run: nothing lost, nothing sent twice, every number right."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, service
from deliveries import lanes, outbox, outcome, send
from reports import verify
from store import senders, templates
from store.documents.contact import Contact
from store.documents.delivery import Delivery, Purpose
from tests.clock import NOW
from tests.conftest import control
from tests.deliveries.conftest import Shop
from tests.makers import make_contact, order
from whatsapp.client import Accepted, Refused, Unanswered


@dataclass
class RunOf:
    """A campaign that owes to many people, and its counters."""

    shop: Shop
    run_id: Any

    def owe(self, contact: Contact, cause: str = "event:1", **fields: Any) -> Delivery:
        owed = order(
            contact,
            f"{cause}:campaign:hello",
            campaign="hello",
            run_id=self.run_id,
            due_at=self.shop.now,
            **{"purpose": Purpose.ANSWER, "category": "marketing", **fields},
        )
        return outbox.owe(self.shop.rt.db, owed, self.shop.now)[0]

    def people(self, count: int) -> list[Delivery]:
        made = [make_contact(self.shop.rt.db, f"9198765{n:05d}") for n in range(count)]
        return [self.owe(contact) for contact in made]

    def counters(self) -> dict[str, int]:
        return {name: count for name, count in self._run()["counters"].items() if count}

    def tallies(self) -> dict[str, Any]:
        return dict(self._run()["tallies"])

    def _run(self) -> dict[str, Any]:
        row = self.shop.rt.db.runs.find_one({"_id": self.run_id})
        assert row is not None
        return row


@pytest.fixture
def run(shop: Shop) -> Iterator[RunOf]:
    message = {"template": "hello_world", "language": "en_US"}
    service.define(shop.rt.db, "hello", {"type": "triggered", "message": message}, "test", NOW)
    started = life.start(shop.rt.db, "hello", "test", NOW)
    made = RunOf(shop, started["run_id"])
    yield made
    standing = made.counters()
    assert sum(standing.values()) == shop.rt.db.deliveries.count_documents({"campaign": "hello"})
    assert verify.problems(shop.rt.db) == []


def posts_of(shop: Shop, delivery: Delivery) -> int:
    """How often Meta accepted this delivery."""
    sent = control(shop.meta, "GET", "sent")["sent"]
    return sum(one["callback_data"] == str(delivery["_id"]) for one in sent)


def test_a_run_that_goes_well_is_counted(shop: Shop, run: RunOf) -> None:
    owed = run.people(40)

    assert shop.send() == 40

    assert run.counters() == {"accepted": 40}
    assert run.tallies()["reached"] == {"accepted": 40}
    assert {posts_of(shop, one) for one in owed} == {1}


@pytest.mark.parametrize(("kind", "came"), [("timeout_before", 0), ("timeout_after", 1)])
def test_what_was_not_answered_is_in_doubt_until_a_status_says(
    shop: Shop, run: RunOf, kind: str, came: int
) -> None:
    owed = run.owe(shop.chen)
    shop.next(kind)
    shop.send()
    assert run.counters() == {"unknown": 1}
    assert posts_of(shop, owed) == came

    for _ in range(3):
        shop.later(days=1)
        assert shop.send() == 0
        assert send.settle_adrift(shop.rt, shop.now) == 0
    assert posts_of(shop, owed) == came

    shop.status("sent", "wamid.late", biz_opaque_callback_data=str(owed["_id"]))
    assert run.counters() == {"sent": 1}
    assert run.tallies()["reached"] == {"accepted": 1, "sent": 1}
    assert shop.row(owed)["wamid"] == "wamid.late"


def test_a_status_may_also_say_that_what_was_in_doubt_failed(shop: Shop, run: RunOf) -> None:
    owed = run.owe(shop.chen)
    shop.next("timeout_after")
    shop.send()

    shop.status(
        "failed",
        "wamid.late",
        biz_opaque_callback_data=str(owed["_id"]),
        errors=[{"code": 131026, "title": "Undeliverable"}],
    )

    assert run.counters() == {"failed": 1}
    assert run.tallies()["failed"] == {"131026": 1}


def test_a_sender_that_died_leaves_its_message_in_doubt_after_thirty_seconds(
    shop: Shop, run: RunOf
) -> None:
    run.owe(shop.chen)
    send.claim(shop.rt, lanes.lease(shop.rt, NOW, 10), NOW)
    assert run.counters() == {"sending": 1}

    assert send.settle_adrift(shop.rt, NOW + timedelta(seconds=30)) == 0
    assert send.settle_adrift(shop.rt, NOW + timedelta(seconds=31)) == 1
    assert send.settle_adrift(shop.rt, NOW + timedelta(seconds=31)) == 0

    assert run.counters() == {"unknown": 1}
    shop.later(days=1)
    assert shop.send() == 0
    assert shop.asked() == 0


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Accepted("wamid.y", None, False), "accepted"),
        (Refused(131026, "Undeliverable", 400), "failed"),
        (Unanswered("no answer in time"), "unknown"),
    ],
)
def test_the_late_word_of_a_sender_given_up_for_dead_counts(
    shop: Shop, run: RunOf, answer: Any, status: str
) -> None:
    run.owe(shop.chen)
    (claimed,) = send.claim(shop.rt, lanes.lease(shop.rt, NOW, 10), NOW)
    shop.later(minutes=1)
    send.settle_adrift(shop.rt, shop.now)

    for _ in range(2):  # safe to repeat
        outcome.record(shop.rt, [(claimed, answer)], shop.now)

    assert run.counters() == {status: 1}


def test_of_two_who_claim_the_same_one_sends(shop: Shop, run: RunOf) -> None:
    run.owe(shop.chen)
    batch = lanes.lease(shop.rt, NOW, 10)

    assert len(send.claim(shop.rt, batch, NOW)) == 1
    assert send.claim(shop.rt, batch, NOW) == []
    assert run.counters() == {"sending": 1}


def test_an_error_of_metas_server_is_given_up_after_its_last_try(shop: Shop, run: RunOf) -> None:
    owed = run.owe(shop.chen)
    shop.faults(http_5xx=1)

    for wait in (5, 25, 125, 600):
        shop.send()
        assert shop.row(owed)["due_at"] == shop.now + timedelta(seconds=wait)
        assert run.counters() == {"pending": 1}
        shop.later(seconds=wait - 1)
        assert shop.send() == 0, "not before its time"
        shop.later(seconds=1)
    shop.send()

    assert run.counters() == {"failed": 1}
    assert run.tallies()["failed"] == {"none": 1}
    assert shop.sent() == 0


def test_too_fast_is_sent_later_at_half_the_pace(shop: Shop, run: RunOf) -> None:
    owed = run.people(10)
    shop.next(*[130429] * 5)

    shop.send()
    assert run.counters() == {"accepted": 5, "pending": 5}
    shop.later(seconds=1)
    shop.send()

    assert run.counters() == {"accepted": 10}
    assert {posts_of(shop, one) for one in owed} == {1}
    assert float(shop.rt.redis.hget("drumbeat:pace:106540352242922", "rate") or 0) == 40


def test_no_more_goes_out_than_the_pace_allows(shop: Shop, run: RunOf) -> None:
    run.people(100)
    began = time.monotonic()

    assert shop.send() == 100

    # 80 are in the bucket; the other 20 take a quarter of a second at 80 a second.
    assert time.monotonic() - began > 0.2


def test_the_pair_limit_holds_back_nobody_else(shop: Shop, run: RunOf) -> None:
    asha = make_contact(shop.rt.db)
    shop.faults(errors=[{"code": 131056, "to": shop.chen["wa_id"]}])
    held, free = run.owe(shop.chen), run.owe(asha)

    shop.send()

    assert (shop.row(held)["status"], shop.row(free)["status"]) == ("pending", "accepted")
    assert shop.row(held)["due_at"] == NOW + timedelta(seconds=1)
    shop.faults()
    shop.later(seconds=1)
    shop.send()
    assert run.counters() == {"accepted": 2}


def test_a_pair_limit_told_by_webhook_is_tried_again_and_its_repeat_is_not(
    shop: Shop, run: RunOf
) -> None:
    owed = run.owe(shop.chen)
    shop.send()
    first = str(shop.row(owed)["wamid"])
    failed = {"biz_opaque_callback_data": str(owed["_id"]), "errors": [{"code": 131056}]}

    shop.status("failed", first, **failed)
    assert run.counters() == {"pending": 1}
    shop.later(seconds=2)
    shop.next("timeout_after")
    shop.send()
    assert run.counters() == {"unknown": 1}
    shop.status("failed", first, **failed)  # Meta repeats itself, with another timestamp

    shop.later(days=1)
    assert shop.send() == 0
    assert run.counters() == {"unknown": 1}
    assert posts_of(shop, owed) == 2


def test_a_late_sent_of_the_first_try_does_not_disturb_the_second(shop: Shop, run: RunOf) -> None:
    owed = run.owe(shop.chen)
    shop.send()
    first = str(shop.row(owed)["wamid"])
    echoed = {"biz_opaque_callback_data": str(owed["_id"])}
    shop.status("failed", first, **echoed, errors=[{"code": 131056}])
    shop.later(seconds=2)
    (claimed,) = send.claim(shop.rt, lanes.lease(shop.rt, shop.now, 10), shop.now)

    shop.status("sent", first, **echoed)
    outcome.record(shop.rt, [(claimed, Accepted("wamid.second", None, False))], shop.now)

    row = shop.row(owed)
    assert (row["status"], row["wamid"], row["lease"]) == ("accepted", "wamid.second", None)


def test_a_bad_token_blocks_the_sender_and_costs_no_message_its_tries(
    shop: Shop, run: RunOf
) -> None:
    """An hour of a wrong token is an hour of probes; what comes after may still be tried again."""
    owed = run.owe(shop.chen)
    shop.faults(errors=[{"code": 190}])
    for _ in range(8):
        shop.send()
        shop.later(seconds=61)
    assert run.counters() == {"pending": 1}

    shop.faults()
    shop.next("http_5xx")
    shop.send()
    assert run.counters() == {"pending": 1}, "a server's error is tried again"
    shop.later(minutes=11)
    shop.send()

    assert run.counters() == {"accepted": 1}
    assert posts_of(shop, owed) == 1


def test_while_the_sender_is_blocked_everything_is_kept_and_one_probe_a_minute_asks(
    shop: Shop, run: RunOf
) -> None:
    owed = run.people(30)
    shop.faults(errors=[{"code": 190}])
    shop.send()
    asked = shop.asked()
    for minute in range(1, 4):
        shop.later(seconds=61)
        shop.send()
        assert shop.asked() == asked + minute
    assert run.counters() == {"pending": 30}

    shop.faults()
    shop.later(seconds=61)
    shop.send()
    shop.later(seconds=2)
    shop.send()

    assert run.counters() == {"accepted": 30}
    assert {posts_of(shop, one) for one in owed} == {1}
    sender = senders.find(shop.rt.db, shop.rt.whatsapp.phone_number_id)
    assert not senders.blocked(sender, shop.now)


@pytest.mark.parametrize("told", ["answer", "webhook"])
def test_metas_limit_of_marketing_waits_a_day_and_once(shop: Shop, run: RunOf, told: str) -> None:
    owed = run.owe(shop.chen)
    for counters in ({"pending": 1}, {"failed": 1}):
        if told == "answer":
            shop.next(131049)
        shop.send()
        if told == "webhook":
            wamid = str(shop.row(owed)["wamid"])
            shop.status("failed", wamid, errors=[{"code": 131049, "title": "Healthy"}])
        assert run.counters() == counters
        shop.later(hours=23, minutes=59)
        assert shop.send() == 0
        shop.later(minutes=1)

    assert run.tallies()["failed"] == {"131049": 1}


@pytest.mark.parametrize("told", ["answer", "webhook"])
def test_who_stopped_marketing_at_meta_gets_no_more_of_it(
    shop: Shop, run: RunOf, told: str
) -> None:
    owed = run.owe(shop.chen)
    if told == "answer":
        shop.next(131050)
    shop.send()
    if told == "webhook":
        shop.status("failed", str(shop.row(owed)["wamid"]), errors=[{"code": 131050}])

    run.owe(shop.chen, "event:2")
    update = run.owe(shop.chen, "event:3", category="utility")
    shop.send()

    assert run.counters() == {"failed": 1, "skipped": 1, "accepted": 1}
    assert run.tallies()["skipped"] == {"suppressed_marketing": 1}
    assert shop.row(update)["status"] == "accepted"


def test_a_paused_template_holds_the_rest_back_until_it_is_approved_again(
    shop: Shop, run: RunOf
) -> None:
    run.owe(shop.chen)
    shop.next(132015)
    shop.send()
    waits = run.owe(make_contact(shop.rt.db))
    asked = shop.asked()

    shop.send()
    assert (shop.row(waits)["status"], shop.row(waits)["reason"]) == ("pending", "campaign_paused")
    assert shop.asked() == asked
    with pytest.raises(service.ImpossibleStepError, match="paused, not approved"):
        life.resume(shop.rt.db, "hello", "asha", shop.now)

    templates.change(shop.rt.db, "hello_world", None, {"status": "APPROVED"})
    life.resume(shop.rt.db, "hello", "asha", shop.now)
    shop.later(seconds=16)
    shop.send()

    assert run.counters() == {"failed": 1, "accepted": 1}
    assert run.tallies()["failed"] == {"132015": 1}


def test_pausing_and_resuming_sends_nothing_twice(shop: Shop, run: RunOf) -> None:
    owed = run.people(10)
    shop.send()
    for step in (life.pause, life.resume):
        step(shop.rt.db, "hello", "asha", shop.now)
        shop.later(minutes=1)
        shop.send()

    assert {posts_of(shop, one) for one in owed} == {1}


def test_cancelling_skips_what_still_waits_and_says_so(shop: Shop, run: RunOf) -> None:
    run.people(5)
    life.cancel(shop.rt.db, "hello", "asha", shop.now)

    assert shop.send() == 0

    assert run.counters() == {"skipped": 5}
    assert run.tallies()["skipped"] == {"campaign_cancelled": 5}
