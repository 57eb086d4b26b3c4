"""Erase a person everywhere, and leave only the hash that keeps us from writing to them again.

Deliveries stay as rows without a person, for the numbers of a campaign to add up. What is under way
at that moment, and what Meta reports later, is looked for again, for a month.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bson import ObjectId

from contacts import traces
from contacts.identity import Identity, who_key
from store import (
    contacts,
    deliveries,
    enrolments,
    erasures,
    events,
    fires,
    inbox,
    loops,
    mongo,
    strangers,
    suppressions,
)
from store.documents.contact import Contact
from store.documents.delivery import DeliveryStatus

REASON = "erased"
_BATCH = 500
# Meta reports for up to a month that a message was delivered or read.
_LATE = timedelta(days=31)
_SOON, _SELDOM = timedelta(seconds=10), timedelta(hours=1)
_MOST = 100


def erase(db: mongo.Db, identity: Identity, now: datetime) -> bool:
    """Forget whoever has this phone number or BSUID; say whether anything was known of them.

    Safe to repeat: the contact goes last, so that a run that was stopped finds its way again.
    """
    found = _everyone(db, identity)
    wa_ids = sorted({text for text in (identity.wa_id, *(one["wa_id"] for one in found)) if text})
    bsuids = sorted({text for text in (identity.bsuid, *(one["bsuid"] for one in found)) if text})
    contact_ids = [one["_id"] for one in found]
    contact_ids += erasures.joined_into(db, contact_ids)

    # The journal first: what is not there cannot be handled while the rest goes.
    who = _who_keys(wa_ids, bsuids)
    forgotten = inbox.delete_of(db, who)
    forgotten += _delete_under_no_name(db, wa_ids, bsuids, contact_ids)
    names = [name for one in wa_ids for name in suppressions.identities(one, None)]
    names += [name for one in bsuids for name in suppressions.identities(None, one)]
    forgotten += suppressions.anonymise(db, names)
    if not found and not forgotten:
        return False
    erasures.keep(
        db,
        {
            "_id": ObjectId(),
            "contact_ids": contact_ids,
            "who": who,
            "at": now,
            "due_at": now + _SOON,
            "until": now + _LATE,
        },
    )
    _forget(db, contact_ids, now)
    for contact_id in contact_ids:
        contacts.delete(db, contact_id)
    # A worker that had read the contact before may have written once more.
    _forget(db, contact_ids, now)
    return True


def finish_due(db: mongo.Db, now: datetime) -> int:
    """Forget what came of erased people since the last look; say how many were looked for.

    At first within seconds, for whoever held their contact while it went; then ever more seldom,
    for the statuses that Meta reports late. Safe to repeat.
    """
    due = erasures.due(db, now, _MOST)
    for erasure in due:
        inbox.delete_statuses_of(db, erasure["who"])
        _forget(db, erasure["contact_ids"], now)
        if now >= erasure["until"]:
            erasures.finish(db, erasure)
        else:
            erasures.postpone(db, erasure, now + _pause(now - erasure["at"]))
    return len(due)


def _pause(since: timedelta) -> timedelta:
    """As long as it has been, within bounds. Pure."""
    return min(max(since, _SOON), _SELDOM)


def _delete_under_no_name(
    db: mongo.Db, wa_ids: list[str], bsuids: list[str], contact_ids: list[ObjectId]
) -> int:
    """What the journal holds of them without saying whose it is."""
    ids = traces.of(wa_ids, bsuids)
    sent = deliveries.wamids_of(db, contact_ids)

    def names(payload: str, raw: bytes) -> bool:
        text = payload.encode("utf-8", "surrogatepass")
        return any(one in text or one in raw for one in ids) or not sent.isdisjoint(
            traces.wamids_in(payload)
        )

    return strangers.delete_naming(db, names)


def _everyone(db: mongo.Db, identity: Identity) -> list[Contact]:
    """The contacts of one person: a phone number and a BSUID may still be two."""
    found = contacts.by_identities(
        db, filter(None, [identity.wa_id]), filter(None, [identity.bsuid])
    )
    wider = contacts.by_identities(
        db,
        [one["wa_id"] for one in found if one["wa_id"]],
        [one["bsuid"] for one in found if one["bsuid"]],
    )
    return list({one["_id"]: one for one in (*found, *wider)}.values())


def _who_keys(wa_ids: list[str], bsuids: list[str]) -> list[str]:
    """Journal rows are found by the phone number, or by the BSUID where it is hidden."""
    return [who_key(Identity(wa_id=one)) for one in wa_ids] + [
        who_key(Identity(bsuid=one)) for one in bsuids
    ]


def _forget(db: mongo.Db, contact_ids: Iterable[ObjectId], now: datetime) -> None:
    for contact_id in contact_ids:
        _skip_pending(db, contact_id, now)
        deliveries.erase_of(db, contact_id)
        fires.delete_of(db, contact_id)
        enrolments.delete_of(db, contact_id)
        events.delete_of(db, contact_id)
        loops.delete_of(db, contact_id)


def _skip_pending(db: mongo.Db, contact_id: ObjectId, now: datetime) -> None:
    """Nothing more is sent. Through `move`, so that the runs' counters stay right."""
    while pending := deliveries.pending_of(db, contact_id, _BATCH):
        deliveries.move(
            db,
            [
                deliveries.Move(
                    delivery,
                    DeliveryStatus.SKIPPED,
                    fields={"status_at": now, "reason": REASON, "lease": None},
                    tallies={f"skipped.{REASON}": 1},
                )
                for delivery in pending
            ],
        )
