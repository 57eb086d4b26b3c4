"""Other systems are told what became of messages: many at once, signed, none twice, none missed."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from events import subscribers
from events.subscribers import BEHIND, ImpossibleSubscriptionError
from runtime import Runtime
from store import mongo, subscriptions
from store.documents.subscription import SubscriptionState
from tests.clock import NOW
from tests.events.test_notify import Receiver
from tests.makers import delivery, make_contact

LATER = NOW + timedelta(minutes=1)
Statuses = Callable[..., None]


@pytest.fixture
def crm() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def here(rt: Runtime, crm: Receiver) -> Runtime:
    """A runtime with one subscriber, who lives on this machine."""
    private = replace(rt, settings=rt.settings.model_copy(update={"notify_private": True}))
    events = ["delivered", "read", "failed"]
    subscribers.subscribe(private, "crm", crm.url, events, "Asha", NOW)
    asha = make_contact(rt.db)
    mongo.deliveries(rt.db).insert_one(
        delivery(contact_id=asha["_id"], campaign="diwali", wamid="wamid.1")
    )
    return private


def handled(rt: Runtime, number: int, status: str = "delivered", wamid: str = "wamid.1") -> None:
    """A status that was handled `number` milliseconds after NOW."""
    at = NOW + timedelta(milliseconds=number)
    item = {"id": wamid, "status": status, "timestamp": "1795478400", "recipient_id": "1"}
    rt.db.inbox.insert_one(
        {
            "_id": f"s:{number}:{secrets.token_hex(4)}", "kind": "status", "shard": 1,
            "who": "x", "at": at, "received_at": at, "payload": json.dumps({"item": item}),
            "state": "done",
            "tries": 0, "done_at": at,
        }
    )  # fmt: skip


def tell(rt: Runtime, minutes: int = 1) -> int:
    return subscribers.tell_due(rt, lambda: NOW + timedelta(minutes=minutes), lambda: False)


def told(crm: Receiver, post: int = -1) -> list[dict[str, object]]:
    events: list[dict[str, object]] = json.loads(crm.got[post][1])["events"]
    return events


def test_it_says_what_became_of_which_message_and_is_signed(here: Runtime, crm: Receiver) -> None:
    handled(here, 1)
    handled(here, 2, "sent")

    assert tell(here) == 1

    (event,) = told(crm)
    assert (event["event"], event["campaign"], event["phone"]) == (
        "delivered",
        "diwali",
        "+919812345670",
    )
    row = subscribers.known(here, "crm")
    stamp, signed = crm.got[0][0]["X-Drumbeat-Signature"].split(",v1=")
    said = stamp.removeprefix("t=").encode() + b"." + crm.got[0][1]
    secret = subscribers.secret(here.settings, row)
    assert signed == hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def test_nothing_is_told_twice_and_nothing_missed(
    here: Runtime, crm: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "MOST", 3)
    for number in range(1, 11):
        handled(here, number // 2)  # two and two at one moment

    while tell(here):
        pass

    ids = [event["id"] for post in range(len(crm.got)) for event in told(crm, post)]
    assert len(ids) == len(set(ids)) == 9  # the first is not after the moment of subscribing
    assert len(crm.got) > 1
    assert tell(here, 2) == 0


def test_what_was_handled_just_now_waits_for_its_neighbours(here: Runtime, crm: Receiver) -> None:
    handled(here, 1)

    early = NOW + BEHIND
    subscribers.tell_due(here, lambda: early, lambda: False)
    assert crm.got == []

    assert tell(here) == 1


def test_a_post_that_is_not_taken_is_tried_again_and_the_log_says_so(
    here: Runtime, crm: Receiver
) -> None:
    handled(here, 1)
    crm.answers = [500]

    assert tell(here) == 0
    assert tell(here) == 0, "not before its time"
    assert tell(here, 2) == 1

    log = subscriptions.tellings(here.db, "crm", 9)
    assert [row["error"] for row in log] == [None, "answered 500"]
    assert told(crm, 0) == told(crm, 1)


def test_after_a_day_it_is_stopped_and_goes_on_where_it_was(here: Runtime, crm: Receiver) -> None:
    handled(here, 1)
    crm.answers = [503] * 9
    for turn in range(9):
        tell(here, 1 + turn * 24 * 60)
    assert subscribers.known(here, "crm")["state"] == SubscriptionState.STOPPED

    subscribers.resume(here, "crm", LATER)

    assert tell(here, 10 * 24 * 60) == 1
    assert len(told(crm)) == 1


def test_a_post_is_sent_again_by_hand(here: Runtime, crm: Receiver) -> None:
    handled(here, 1)
    tell(here)
    (row,) = subscriptions.tellings(here.db, "crm", 9)

    assert subscribers.tell_again(here, row, LATER) is None

    assert told(crm, 0) == told(crm, 1)
    assert subscriptions.tellings(here.db, "crm", 9)[0]["again"]


def test_messages_of_others_are_not_told(here: Runtime, crm: Receiver) -> None:
    handled(here, 1, wamid="wamid.of.another.system")

    tell(here)

    assert crm.got == []


@pytest.mark.parametrize(
    ("name", "url", "events"),
    [
        ("crm", "http://192.168.0.1/hook", ["read"]),
        ("crm", "ftp://crm.example/hook", ["read"]),
        ("crm", "https://crm.example/hook", ["eaten"]),
        ("crm", "https://crm.example/hook", []),
        ("C R M", "https://crm.example/hook", ["read"]),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(
    rt: Runtime, name: str, url: str, events: list[str]
) -> None:
    with pytest.raises(ImpossibleSubscriptionError):
        subscribers.subscribe(rt, name, url, events, "Asha", NOW)
    assert subscriptions.every(rt.db) == []


def test_a_name_that_leads_into_our_network_is_not_posted_to(here: Runtime, crm: Receiver) -> None:
    handled(here, 1)
    strict = replace(here, settings=here.settings.model_copy(update={"notify_private": False}))

    tell(strict)

    assert crm.got == []
    assert "private" in (subscriptions.tellings(here.db, "crm", 1)[0]["error"] or "")
