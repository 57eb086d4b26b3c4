"""Erase a person everywhere, and leave only the hash that keeps us from writing to them again.

Deliveries stay as rows without a person, for the numbers of a campaign to add up.
"""

from datetime import datetime

from contacts.identity import Identity, who_key
from store import contacts, deliveries, events, fires, inbox, mongo, suppressions
from store.documents.contact import Contact
from store.documents.delivery import DeliveryStatus

REASON = "erased"
_BATCH = 500


def erase(db: mongo.Db, identity: Identity, now: datetime) -> bool:
    """Forget whoever has this phone number or BSUID; say whether anything was known of them.

    Safe to repeat: the contact goes last, so that a run that was stopped finds its way again.
    What Meta reports later of messages sent before is journaled like any status, and goes with
    the journal.
    """
    found = _everyone(db, identity)
    wa_ids = sorted({text for text in (identity.wa_id, *(one["wa_id"] for one in found)) if text})
    bsuids = sorted({text for text in (identity.bsuid, *(one["bsuid"] for one in found)) if text})

    # The journal first: what is not there cannot be handled while the rest goes.
    forgotten = inbox.delete_of(db, _who_keys(wa_ids, bsuids))
    forgotten += inbox.delete_dead_naming(db, [*wa_ids, *bsuids])
    names = [name for one in wa_ids for name in suppressions.identities(one, None)]
    names += [name for one in bsuids for name in suppressions.identities(None, one)]
    forgotten += suppressions.anonymise(db, names)
    for contact in found:
        _skip_pending(db, contact, now)
        _forget_history(db, contact)
        contacts.delete(db, contact["_id"])
        # A worker that had read the contact before may have written once more.
        _skip_pending(db, contact, now)
        _forget_history(db, contact)
    return bool(found) or forgotten > 0


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


def _skip_pending(db: mongo.Db, contact: Contact, now: datetime) -> None:
    """Nothing more is sent. Through `move`, so that the runs' counters stay right."""
    while pending := deliveries.pending_of(db, contact["_id"], _BATCH):
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


def _forget_history(db: mongo.Db, contact: Contact) -> None:
    deliveries.erase_of(db, contact["_id"])
    fires.delete_of(db, contact["_id"])
    events.delete_of(db, contact["_id"])
