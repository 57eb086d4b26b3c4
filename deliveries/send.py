"""Send what is due: lease, gate, pace, claim, POST, record.

The claim is one atomic compare-and-set before the POST. The Cloud API has no idempotency key, so a
send whose answer never came is `unknown` and is never sent again by machine: the status webhook
that echoes our delivery's id settles it.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from secrets import token_hex
from typing import Any

from config import metrics
from deliveries import check, lanes, outcome
from runtime import Runtime
from store import contacts, deliveries, due, senders
from store.deliveries import Move
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus
from store.due import SENDING
from whatsapp import messages
from whatsapp.client import Outcome

BATCH = 128
CONNECTIONS = 32
_LONGEST_WAIT_S = 1.0
# A batch's first messages follow its check at once; asking twice would only cost them time.
_CHECK_AGAIN_S = 0.1

Clock = Callable[[], datetime]


def send_due(rt: Runtime, clock: Clock, stop: Callable[[], bool] = lambda: False) -> int:
    """Send everything that is due now; return how many were handed to Meta.

    Ends when nothing is due, when the sender is blocked, or when `stop()` says so. Several may run
    at once: no two hold the same delivery.
    """
    sent = 0
    while not stop():
        now = clock()
        batch = lanes.lease(rt.db, now, _room(rt, now))
        if not batch:
            break
        sorted_ = check.sort(rt, batch, now)
        check.record(rt, sorted_.refused, now)
        sent += _send_paced(rt, sorted_, clock)
    return sent


def _room(rt: Runtime, now: datetime) -> int:
    """How many may be sent at once: none while our number is blocked, one to find out whether a
    block that ran out is over, else a batch."""
    sender = senders.find(rt.db, rt.whatsapp.phone_number_id)
    if senders.blocked(sender, now):
        return 0
    return 1 if sender and sender["blocked"] else BATCH


def _send_paced(rt: Runtime, sorted_: check.Sorted, clock: Clock) -> int:
    """POST the allowed deliveries as fast as the phone number may; give back what has to wait.

    No more are claimed than are POSTed at once, and the gate is asked again about those that
    waited: a STOP or a pause meanwhile holds.
    """
    waiting, checked = list(sorted_.allowed), time.monotonic()
    people = sorted_.contacts
    sent = 0
    while waiting:
        granted, wait_s = rt.pace.take(min(len(waiting), CONNECTIONS))
        if granted:
            part, waiting = waiting[:granted], waiting[granted:]
            if time.monotonic() - checked > _CHECK_AGAIN_S:
                again = check.sort(rt, part, clock())
                check.record(rt, again.refused, clock())
                part, people = again.allowed, again.contacts
            claimed = claim(rt, part, clock())
            going_on = outcome.record(rt, _post(rt, claimed, people), clock())
            sent += len(claimed)
            if not going_on:
                due.release(rt.db, waiting, clock(), "sender_blocked")
                return sent
        if waiting and wait_s > _LONGEST_WAIT_S:
            later = clock() + timedelta(seconds=wait_s)
            due.release(rt.db, waiting, later, "pace")
            return sent
        if waiting and wait_s:
            time.sleep(wait_s)
    return sent


def claim(rt: Runtime, batch: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Mark, durably, that these are being sent; return those that are ours to send.

    From here on a crash leaves them in doubt, never to be sent twice.
    """
    lease = {"token": token_hex(8), "until": now + SENDING}
    moves = [
        Move(
            delivery,
            DeliveryStatus.SENDING,
            fields={
                "status_at": now,
                "lease": lease,
                "attempts": delivery["attempts"] + 1,
                "reason": None,
                "times.sending": now,
            },
            guard={"lease.token": delivery["lease"] and delivery["lease"]["token"]},
        )
        for delivery in batch
    ]
    deliveries.move(rt.db, moves)
    standing = deliveries.find(rt.db, [delivery["_id"] for delivery in batch])
    return [
        row
        for row in standing.values()
        if row["status"] == DeliveryStatus.SENDING
        and row["lease"]
        and row["lease"]["token"] == lease["token"]
    ]


def body_of(delivery: Delivery, contact: Contact) -> dict[str, Any]:
    """What is POSTed for a delivery. Pure."""
    content = dict(delivery["message"])
    quoted = content.pop("quoted", None)
    return messages.envelope(
        content,
        wa_id=contact["wa_id"],
        bsuid=contact["bsuid"],
        callback_data=str(delivery["_id"]),
        quoted=quoted,
    )


def _post(
    rt: Runtime, claimed: Sequence[Delivery], people: dict[Any, Contact]
) -> list[tuple[Delivery, Outcome]]:
    # A contact that was joined with another since the gate looked has handed its deliveries on.
    moved = {delivery["contact_id"] for delivery in claimed} - people.keys()
    people = {**people, **contacts.by_ids(rt.db, moved)} if moved else people
    by_person: dict[Any, list[Delivery]] = defaultdict(list)
    for delivery in sorted(claimed, key=_order):
        by_person[people[delivery["contact_id"]]["_id"]].append(delivery)

    def to_one(rows: list[Delivery]) -> list[tuple[Delivery, Outcome]]:
        return [(d, rt.whatsapp.send(body_of(d, people[d["contact_id"]]))) for d in rows]

    if len(by_person) == 1:
        return to_one(next(iter(by_person.values())))
    return [one for sent in _pool().map(to_one, by_person.values()) for one in sent]


def _order(delivery: Delivery) -> tuple[datetime, datetime, int]:
    """One person's messages leave one after the other, in the order in which they were owed."""
    return delivery["due_at"], delivery["created_at"], delivery["step"]


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads that keep their connections from one batch to the next."""
    return ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="send")


def settle_adrift(rt: Runtime, now: datetime, limit: int = 500) -> int:
    """Deliveries whose sender died in the middle become `unknown`; say how many. Safe to repeat."""
    lost = due.adrift(rt.db, now, limit)
    moves = [
        Move(
            delivery,
            DeliveryStatus.UNKNOWN,
            fields={"status_at": now, "reason": "sender_died"},
            guard={"lease": delivery["lease"]},
        )
        for delivery in lost
    ]
    moved = deliveries.move(rt.db, moves)
    metrics.unknown("sender_died", len(moved))
    return len(moved)
