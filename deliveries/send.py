"""Send what is due: lease, wait for pace, ask the gate, claim, POST, record.

The claim is one atomic compare-and-set before the POST. The Cloud API has no idempotency key, so a
send whose answer never came is `unknown` and is never sent again by machine: the status webhook
that echoes our delivery's id settles it.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from config import metrics, tracing
from contacts.identity import address
from deliveries import caps, check, lanes, links, media, outcome, tellings
from deliveries.links import LANDING, Links
from deliveries.window import SIZE, Window
from runtime import Runtime
from store import contacts, deliveries, due, senders
from store.deliveries import Move
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus
from whatsapp import messages

# Fewer are not worth a round of the stores, unless they are all that is due.
_WORTHWHILE = SIZE // 8
_LONGEST_WAIT_S = 1.0
_ANSWER_WAIT_S = 0.05
_LINGER_S = 0.01
_FEW = 8  # so few are not worth waiting for each other
_HOLD_S = 5.0  # half of a lease

Clock = Callable[[], datetime]


def send_due(rt: Runtime, clock: Clock, stop: Callable[[], bool] = lambda: False) -> int:
    """Send everything that is due now; return how many were handed to Meta.

    Ends when nothing is due, when the sender is blocked, or when `stop()` says so. Several may run
    at once: no two hold the same delivery.
    """
    return _Sender(rt, clock, stop).run()


class _Sender:
    """One pass. held: leased, and not claimed yet; busy: people whom a message is on its way to."""

    def __init__(self, rt: Runtime, clock: Clock, stop: Callable[[], bool]) -> None:
        self._rt, self._clock, self._stop = rt, clock, stop
        self._policy = check.policy(rt.settings)
        self._asked = tellings.Asked(rt.db)
        self._links = links.of(rt.settings)
        self._window: Window[Delivery] = Window(rt.whatsapp.send)
        self._held: list[Delivery] = []
        self._held_since = self._refilled = 0.0
        self._busy: set[ObjectId] = set()
        self._leaving = False
        self._sent = 0

    def run(self) -> int:
        while True:
            self._leaving = self._leaving or self._stop()
            if self._leaving:
                self._give_back("sender_blocked" if not self._stop() else None)
            else:
                self._refill()
            wait_s = self._go()
            if self._window.under_way:
                self._record()
            elif not self._held:
                return self._sent
            elif wait_s > _LONGEST_WAIT_S:
                self._give_back("pace", wait_s)
                return self._sent
            else:
                time.sleep(wait_s)

    def _refill(self) -> None:
        """Hold as many as could be posted at once, and no more."""
        now = time.monotonic()
        if self._held and now - self._held_since > _HOLD_S:
            self._give_back(None)
        room = self._room() - len(self._held)
        if room < _WORTHWHILE and self._window.under_way and now - self._refilled < _ANSWER_WAIT_S:
            return
        self._refilled = now
        if room > 0 and (leased := lanes.lease(self._rt, self._clock(), room)):
            self._held_since = self._held_since if self._held else now
            # Stable: among equals the lanes have said who goes first.
            self._held = sorted([*self._held, *leased], key=_is_patient)

    def _room(self) -> int:
        """None while our number is blocked, one to find out whether a block that ran out is over,
        else what the window holds."""
        sender = senders.find(self._rt.db, self._rt.whatsapp.phone_number_id)
        if senders.blocked(sender, self._clock()):
            return 0
        whole = 1 if sender and sender["blocked"] else SIZE
        return whole - self._window.under_way

    def _go(self) -> float:
        """Post what pace and gate allow; return how long the next has to wait for its turn.

        The gate is asked when the turn has come: a STOP or a pause while a message waited for it
        is heard. No more are claimed than are posted at once, so that a crash leaves few in doubt.
        """
        ready = self._ready()
        if not ready:
            return 0.0
        granted, wait_s = self._rt.pace.take(len(ready))
        if granted:
            part = ready[:granted]
            gone = {delivery["_id"] for delivery in part}
            self._held = [delivery for delivery in self._held if delivery["_id"] not in gone]
            self._post(part)
        return wait_s

    def _ready(self) -> list[Delivery]:
        """One message a person, the oldest, while none is on its way to them: so that each one's
        messages leave one after the other, in the order in which they were owed."""
        chosen: dict[ObjectId, Delivery] = {}
        for delivery in self._held:
            if delivery["contact_id"] not in self._busy:
                chosen.setdefault(delivery["contact_id"], delivery)
        return list(chosen.values())[: self._window.free()]

    def _post(self, part: Sequence[Delivery]) -> None:
        now = self._clock()
        sorted_ = check.sort(self._rt, part, now)
        check.record(self._rt, sorted_.refused, now)
        uploads = media.ids(self._rt, sorted_.allowed, now)
        claimed = self._within_cap(claim(self._rt, sorted_.allowed, now), now)
        tellings.set_deadlines(self._rt, self._asked, claimed)
        people = sorted_.contacts
        # A contact that was joined with another since the gate looked has handed its rows on.
        if moved := {delivery["contact_id"] for delivery in claimed} - people.keys():
            people = {**people, **contacts.by_ids(self._rt.db, moved)}
        for delivery in claimed:
            self._busy.add(delivery["contact_id"])
            with tracing.within(delivery.get("trace")):
                person = people[delivery["contact_id"]]
                body = body_of(delivery, person, uploads, self._links)
                self._window.begin(delivery, body)

    def _within_cap(self, claimed: list[Delivery], now: datetime) -> list[Delivery]:
        """Give back what met another sender's claim for the same person; the gate decides anew."""
        if not (over := caps.over(self._rt.db, claimed, self._policy, now)):
            return claimed
        back = [
            Move(
                delivery,
                DeliveryStatus.PENDING,
                fields={
                    "status_at": now,
                    # Apart, or the two would meet again.
                    "due_at": now + timedelta(seconds=1 + 4 * random.random()),
                    "attempts": delivery["attempts"] - 1,
                    "reason": "frequency_cap",
                    "lease": None,
                },
                guard={"lease": delivery["lease"]},
            )
            for delivery in over
        ]
        deliveries.move(self._rt.db, back)
        gone = {delivery["_id"] for delivery in over}
        return [delivery for delivery in claimed if delivery["_id"] not in gone]

    def _record(self) -> None:
        linger_s = _LINGER_S if self._window.under_way > _FEW else 0.0
        results = self._window.ended(_ANSWER_WAIT_S, linger_s)
        if not results:
            return
        if not outcome.record(self._rt, results, self._clock(), self._asked):
            self._leaving = True
        self._busy -= {delivery["contact_id"] for delivery, _ in results}
        self._sent += len(results)

    def _give_back(self, reason: str | None, wait_s: float = 0.0) -> None:
        later = self._clock() + timedelta(seconds=wait_s)
        due.release(self._rt.db, self._held, later, reason)
        self._held = []


def claim(rt: Runtime, batch: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Mark, durably, that these are being sent; return those that are ours to send.

    From here on a crash leaves them in doubt, never to be sent twice.
    """
    return due.claim(rt.db, batch, now)


def body_of(
    delivery: Delivery,
    contact: Contact,
    uploads: Mapping[str, str] | None = None,
    led: Links | None = None,
) -> dict[str, Any]:
    """What is POSTed for a delivery. Pure. uploads: Meta's ids of files, from `media.ids`.

    led: puts links of ours in the place of a campaign's; None: they stay.
    """
    content = dict(media.placed(delivery, uploads or {}))
    if led is not None:
        content = led.placed(delivery, content)
    content.pop(LANDING, None)
    quoted = content.pop("quoted", None)
    return messages.envelope(
        content,
        wa_id=address(contact["wa_id"], contact.get("meta_wa_id")),
        bsuid=contact["bsuid"],
        callback_data=str(delivery["_id"]),
        quoted=quoted,
    )


def _is_patient(delivery: Delivery) -> bool:
    """Whether nobody waits for it: what people wait for goes first."""
    return delivery["purpose"] not in due.URGENT


def settle_adrift(rt: Runtime, now: datetime, limit: int = 200) -> int:
    """Deliveries whose sender died in the middle become `unknown`; say how many. Safe to repeat.

    limit: claims that are looked at, each of as many deliveries as are posted at once, or fewer.
    """
    over = due.over(rt.db, now, limit)
    lost = due.adrift(rt.db, over) if over else []
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
    due.forget(rt.db, over)
    metrics.unknown("sender_died", len(moved))
    return len(moved)
