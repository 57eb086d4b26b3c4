"""Find the person an event is about; make who is new, and join what turns out to be one person.

A phone number, a BSUID or both lead to the same contact.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from contacts.identity import Identity, country_of, language_of, shard_of, timezone_of
from store import contacts, mongo, suppressions
from store.documents.contact import Consent, Contact, OptIn

WINDOW = timedelta(hours=24)


def new_contact(identity: Identity, name: str | None, source: str, now: datetime) -> Contact:
    """A contact about whom nothing but this is known. Pure."""
    country = country_of(identity)
    return {
        "_id": ObjectId(),
        "wa_id": identity.wa_id,
        "bsuid": identity.bsuid,
        "name": name,
        "username": None,
        "language": language_of(country),
        "country": country,
        "timezone": timezone_of(identity.wa_id),
        "attributes": {},
        "segments": [],
        "consent": {"state": OptIn.UNKNOWN, "source": source, "at": now},
        "window_until": None,
        "last_inbound_at": None,
        "shard": shard_of(identity),
        "created_at": now,
        "updated_at": now,
    }


def find_or_make(
    db: mongo.Db,
    identity: Identity,
    *,
    name: str | None,
    username: str | None,
    now: datetime,
    source: str = "message",
) -> Contact:
    """The contact with this identity, with what is new about them kept. Safe to repeat.

    Where the phone number and the BSUID were two contacts, they become one, and what either was
    suppressed for holds for both.
    """
    found = contacts.by_identities(db, _some(identity.wa_id), _some(identity.bsuid))
    if not found:
        contact = new_contact(identity, name, source, now)
        contact["username"] = username
        if contacts.insert(db, contact):
            return contact
        # Somebody was faster: the same person, in another shard or by an import.
        found = contacts.by_identities(db, _some(identity.wa_id), _some(identity.bsuid))
    keeper = next((one for one in found if one["wa_id"] == identity.wa_id), found[0])
    changes = news(keeper, identity, name, username)
    others = [one for one in found if one["_id"] != keeper["_id"]]
    if not changes and not others:
        return keeper
    changes["updated_at"] = now
    if not others:
        kept = contacts.update(db, keeper["_id"], {"$set": changes})
    else:
        kept = contacts.take_over(db, keeper["_id"], others[0], _joined(keeper, others[0], changes))
    if changes.keys() & {"wa_id", "bsuid"} or others:
        suppressions.share(db, suppressions.identities(identity.wa_id, identity.bsuid), now)
    return kept or keeper


def heard_from(db: mongo.Db, contact: Contact, at: datetime, now: datetime) -> Contact:
    """The person wrote at `at`: their window is open for 24 hours from then. Never shortens it."""
    change = {
        "$max": {"window_until": at + WINDOW, "last_inbound_at": at, "updated_at": now},
    }
    return contacts.update(db, contact["_id"], change) or contact


def changed_identity(db: mongo.Db, contact: Contact, new: Identity, now: datetime) -> Contact:
    """The person has a new number or a new BSUID; their history and suppressions go with them."""
    names = suppressions.identities(contact["wa_id"], contact["bsuid"])
    wa_id = new.wa_id or contact["wa_id"]
    bsuid = new.bsuid or (None if new.wa_id else contact["bsuid"])
    holders = contacts.by_identities(db, _some(wa_id), _some(bsuid))
    others = [one for one in holders if one["_id"] != contact["_id"]]
    changes: dict[str, Any] = {"wa_id": wa_id, "bsuid": bsuid, "updated_at": now}
    for other in others[1:]:
        contact = contacts.take_over(db, contact["_id"], other, _joined(contact, other, {}))
    if others:
        kept: Contact | None = contacts.take_over(
            db, contact["_id"], others[0], _joined(contact, others[0], changes)
        )
    else:
        kept = contacts.update(db, contact["_id"], {"$set": changes})
    suppressions.share(db, [*names, *suppressions.identities(wa_id, bsuid)], now)
    return kept or contact


def news(
    contact: Contact, identity: Identity, name: str | None, username: str | None
) -> dict[str, Any]:
    """What differs from what we knew. Pure. A name that an import gave is not replaced by a
    profile's."""
    changes: dict[str, Any] = {}
    if identity.wa_id and contact["wa_id"] != identity.wa_id:
        changes["wa_id"] = identity.wa_id
    if identity.bsuid and contact["bsuid"] != identity.bsuid:
        changes["bsuid"] = identity.bsuid
    if name and not contact["name"]:
        changes["name"] = name
    if username and contact["username"] != username:
        changes["username"] = username
    return changes


def _joined(keeper: Contact, other: Contact, changes: dict[str, Any]) -> dict[str, Any]:
    """MongoDB's change that gives the keeper what only the other had."""
    fields = {**changes, "attributes": {**other["attributes"], **keeper["attributes"]}}
    for name in ("wa_id", "bsuid", "name", "username", "language", "timezone"):
        known: Any = keeper.get(name) or changes.get(name)
        if not known and other.get(name):
            fields[name] = other.get(name)
    fields["consent"] = _last_said(keeper, other)
    change: dict[str, Any] = {
        "$set": fields,
        "$addToSet": {"segments": {"$each": other["segments"]}},
    }
    if in_live := other.get("in_live"):
        change["$addToSet"]["in_live"] = {"$each": in_live}
    if waiting := other.get("news"):
        change["$push"] = {"news": {"$each": waiting}}
    later = {key: other.get(key) for key in ("window_until", "last_inbound_at") if other.get(key)}
    if later:
        change["$max"] = later
    return change


def _last_said(keeper: Contact, other: Contact) -> Consent:
    """What the person said of marketing last, under either name; silence says nothing."""
    said = [one["consent"] for one in (keeper, other) if one["consent"]["state"] != OptIn.UNKNOWN]
    return max(said, key=lambda consent: consent["at"], default=keeper["consent"])


def _some(value: str | None) -> Iterable[str]:
    return [value] if value else []
