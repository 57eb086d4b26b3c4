"""Meta's limit: how many people a business may write to of its own accord in 24 hours.

It counts unique people to whom a template went outside their 24-hour window, in any 24 hours; it is
one for the whole portfolio. What is past it waits for whoever is counted longest to be counted no
more. Who was sent something that failed counts here all the same: that errs on the safe side.
Source: https://developers.facebook.com/docs/whatsapp/messaging-limits
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bson import ObjectId

from deliveries.gate import Refusal, holds
from runtime import Runtime
from store import due, reach
from store.documents.contact import Contact
from store.documents.delivery import Delivery
from store.documents.reach import Reach
from store.reach import Shared

REASON = "messaging_limit"
SLOT_S = 300
_A_DAY = 86_400 // SLOT_S
# Whoever was written to at the end of a slot counts for a day from then on.
_COUNTS = _A_DAY + 1
_HORIZON = 30 * _A_DAY


def slot_of(now: datetime) -> int:
    """Slots of five minutes: fine enough to wait by, and few enough to stand in one row."""
    return int(now.timestamp()) // SLOT_S


def counts(delivery: Delivery, contact: Contact | None, now: datetime) -> bool:
    """Whether Meta would count it: nobody who wrote within 24 hours is written to unasked. Pure."""
    if delivery["message"].get("type") != "template" or contact is None:
        return False
    until = contact["window_until"]
    return until is None or until <= now


def used(row: Reach | None, now: datetime) -> int:
    """How many people are counted at `now`. Pure."""
    return _live(row.get("people") or {}, slot_of(now)).total() if row else 0


def still_counted(slot: int | None, now: datetime) -> bool:
    """Whether somebody we last wrote to in `slot` is counted at `now`. Pure."""
    return slot is not None and slot > slot_of(now) - _COUNTS


def share(
    row: Reach, known: Mapping[ObjectId, int], wanted: Sequence[ObjectId], now: datetime
) -> Shared:
    """Who of `wanted` may be written to, first come first served, and when the others may. Pure.

    known: {person: the slot in which we last wrote to them}.
    """
    here = slot_of(now)
    people = _live(row.get("people") or {}, here)
    promised = Counter({int(s): n for s, n in (row.get("promised") or {}).items() if int(s) > here})
    limit = row.get("limit")
    granted: list[ObjectId] = []
    late: list[ObjectId] = []
    for person in dict.fromkeys(wanted):
        counted_in = known.get(person)
        if not still_counted(counted_in, now):
            counted_in = None
            if limit is not None and people.total() >= limit:
                late.append(person)
                continue
        if counted_in is not None:
            people[counted_in] -= 1
        people[here] += 1
        granted.append(person)
    waiting = {}
    for person in late:
        waiting[person] = _next(people, promised, here)
        promised[waiting[person]] += 1
    return Shared(frozenset(granted), waiting, +people, +promised)


def _live(people: Mapping[str, int], here: int) -> Counter[int]:
    return Counter({int(at): n for at, n in people.items() if int(at) > here - _COUNTS})


def _next(people: Counter[int], promised: Counter[int], here: int) -> int:
    """The first slot in which a place comes free that nobody was promised.

    A place comes free when whoever has it is counted no more, and again that long after.
    """
    starts = {at + _COUNTS for at in people} | {at + _COUNTS for at in promised}
    for at in sorted(starts):
        if here < at <= here + _HORIZON:
            free = people[at - _COUNTS] + promised[at - _COUNTS] - promised[at]
            if free > 0:
                return at
    return here + _COUNTS


def hold_back(
    rt: Runtime, allowed: Sequence[Delivery], contacts: Mapping[ObjectId, Contact], now: datetime
) -> list[tuple[Delivery, Refusal]]:
    """Of what the gate let pass: what is past Meta's limit. The rest has its places from now on.

    Costs nothing where nothing counts, one look where there is no limit, and else one transaction.
    """
    counted = [one for one in allowed if counts(one, contacts.get(one["contact_id"]), now)]
    if not counted:
        return []
    account = rt.whatsapp.waba_id
    row = reach.find(rt.db, account)
    if row is None or row.get("limit") is None:
        return []
    wanted = [one["contact_id"] for one in counted]
    shared = reach.take(
        rt.db, account, set(wanted), slot_of(now), now,
        lambda stands, known: share(stands, known, wanted, now),
    )  # fmt: skip
    return [
        (one, _refusal(one, slot))
        for one in counted
        if (slot := shared.waiting.get(one["contact_id"])) is not None
    ]


def _refusal(delivery: Delivery, slot: int) -> Refusal:
    waits = holds(delivery, REASON)
    return Refusal(REASON, datetime.fromtimestamp(slot * SLOT_S, UTC) if waits else None)


def told(rt: Runtime, limit: int | None, now: datetime) -> None:
    """Meta says what the limit is. Where it was raised, what waited is due. Safe to repeat."""
    if reach.tell(rt.db, rt.whatsapp.waba_id, limit, now):
        runs = [run["_id"] for run in due.runs_that_owe(rt.db)]
        due.wake(rt.db, [None, *runs], REASON, now)
