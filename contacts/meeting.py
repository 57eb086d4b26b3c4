"""Find the people of many events at once: one read and one write for all who are who they were.

Who has to be joined to another, or is seen under a new number or BSUID, is seen to alone by
`contacts/touch.py`, after the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId

from contacts import touch
from contacts.identity import Identity
from store import contacts, mongo
from store.contacts import Change
from store.documents.contact import Contact


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody of whom an event tells. wrote_at: when they wrote to us, if they did."""

    identity: Identity
    name: str | None = None
    username: str | None = None
    wrote_at: datetime | None = None


def meet(db: mongo.Db, sightings: Sequence[Sighting], now: datetime) -> list[Contact]:
    """The contact of each sighting, with what is new about them kept. Safe to repeat.

    Several sightings of one person share one contact, as it stands after the last of them.
    """
    party = _Party(now)
    party.seat(
        contacts.by_identities(
            db,
            (s.identity.wa_id for s in sightings if s.identity.wa_id),
            (s.identity.bsuid for s in sightings if s.identity.bsuid),
        )
    )
    met = [party.greet(sighting) for sighting in sightings]
    if not party.write(db):
        met = [None] * len(sightings)  # somebody was faster: an import, another shard, an erasure
    alone = {
        place: _alone(db, sighting, now)
        for place, (sighting, known) in enumerate(zip(sightings, met, strict=True))
        if known is None
    }
    if not alone:
        return [contact for contact in met if contact is not None]
    ids = [known["_id"] if known else alone[place]["_id"] for place, known in enumerate(met)]
    standing = contacts.by_ids(db, ids)  # whoever was joined meanwhile is found under both ids
    return [standing.get(one) or alone[place] for place, one in enumerate(ids)]


def _alone(db: mongo.Db, sighting: Sighting, now: datetime) -> Contact:
    contact = touch.find_or_make(
        db, sighting.identity, name=sighting.name, username=sighting.username, now=now
    )
    if sighting.wrote_at is None:
        return contact
    return touch.heard_from(db, contact, sighting.wrote_at, now)


@dataclass(slots=True)
class _Party:
    """Who is known, by each of their ids; who is new; what is new about the others."""

    now: datetime
    seated: dict[str, Contact] = field(default_factory=dict)
    new: dict[ObjectId, Contact] = field(default_factory=dict)
    news: dict[ObjectId, dict[str, Any]] = field(default_factory=dict)
    wrote: dict[ObjectId, datetime] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)  # names of those who are seen to alone

    def seat(self, people: Sequence[Contact]) -> None:
        for contact in people:
            for name in _names(contact["wa_id"], contact["bsuid"]):
                self.seated[name] = contact

    def greet(self, sighting: Sighting) -> Contact | None:
        """The contact, changed here and to be written; None where it must be seen to alone."""
        names = _names(sighting.identity.wa_id, sighting.identity.bsuid)
        found = {c["_id"]: c for name in names if (c := self.seated.get(name)) is not None}
        contact: Contact | None = None
        if self.aside.intersection(names):
            pass  # in their order: after the one who was seen to alone
        elif not found:
            contact = touch.new_contact(sighting.identity, sighting.name, "message", self.now)
            contact["username"] = sighting.username
            self.new[contact["_id"]] = contact
            self.seat([contact])
        elif len(found) == 1 and all(name in self.seated for name in names):
            contact = next(iter(found.values()))
            self._note(
                contact, touch.news(contact, sighting.identity, sighting.name, sighting.username)
            )
        if contact is None:
            self.aside.update(names)
            for known in found.values():
                self.aside.update(_names(known["wa_id"], known["bsuid"]))
        elif sighting.wrote_at is not None:
            self._opened(contact, sighting.wrote_at)
        return contact

    def _note(self, contact: Contact, news: dict[str, Any]) -> None:
        if news:
            contact.update(news)  # type: ignore[typeddict-item]  # fields of a contact, all
            if contact["_id"] not in self.new:
                self.news.setdefault(contact["_id"], {}).update(news)

    def _opened(self, contact: Contact, at: datetime) -> None:
        last = contact["last_inbound_at"]
        if last is None or at > last:
            contact["last_inbound_at"] = at
        until = contact["window_until"]
        if until is None or at + touch.WINDOW > until:
            contact["window_until"] = at + touch.WINDOW
        if contact["_id"] not in self.new:
            self.wrote[contact["_id"]] = max(at, self.wrote.get(contact["_id"], at))

    def write(self, db: mongo.Db) -> bool:
        """Keep all of it; False where not everything took place."""
        changes = [self._change(one) for one in self.news.keys() | self.wrote.keys()]
        done = contacts.write_many(db, list(self.new.values()), changes)
        return done.created == len(self.new) and done.changed == len(changes)

    def _change(self, contact_id: ObjectId) -> Change:
        latest: dict[str, Any] = {"updated_at": self.now}
        if (at := self.wrote.get(contact_id)) is not None:
            latest |= {"window_until": at + touch.WINDOW, "last_inbound_at": at}
        change: dict[str, Any] = {"$max": latest}
        if news := self.news.get(contact_id):
            change["$set"] = news
        return Change(contact_id, change)


def _names(wa_id: str | None, bsuid: str | None) -> list[str]:
    pairs = (("wa_id", wa_id), ("bsuid", bsuid))
    return [f"{kind}:{value}" for kind, value in pairs if value]
