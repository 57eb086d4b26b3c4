"""Journal rows: whom each is about, what it says, and who handles it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from bson import ObjectId

from config import logs, tracing
from contacts import meeting, touch
from contacts.identity import Identity, identify
from contacts.meeting import Sighting
from events import again, custom, messages, notices, statuses, told
from events.messages import Heard
from events.statuses import Reported
from events.told import Told
from events.work import Work
from store import inbox
from store.documents.contact import Contact
from store.documents.inbox import InboxItem, InboxKind
from whatsapp import inbound

_HAPPENED = (InboxKind.CUSTOM, InboxKind.CHANGE)
_PERSONAL = (InboxKind.MESSAGE, InboxKind.PREFERENCE, *_HAPPENED)


def statuses_of(rows: Sequence[InboxItem]) -> list[Reported]:
    """The statuses in these rows. Pure."""
    return [Reported(row["_id"], inbound.status(_item(_payload(row)), row["at"])) for row in rows]


def statuses_in(work: Work, rows: Sequence[InboxItem]) -> list[str]:
    """Handle statuses together; the rows that are done. Safe to repeat."""
    return statuses.handle(work, statuses_of(rows))


def said_in(work: Work, rows: Sequence[InboxItem]) -> list[str]:
    """Handle rows that are no statuses, in order, runs of one sort together; those that are done.

    Safe to repeat.
    """
    read = [_Read(row, payload := _payload(row), _item(payload)) for row in rows]
    done: list[str] = []
    for together, run in groupby(read, key=_Read.together):
        if together is not None:
            done += _TOGETHER[together](work, list(run))
            continue
        for one in run:
            with tracing.within(work.traces.get(one.row["_id"])):
                done += _single(work, one)
            work.hold()
    return done


@dataclass(frozen=True, slots=True)
class _Read:
    """A journal row and what stands in it."""

    row: InboxItem
    payload: dict[str, Any]
    item: dict[str, Any]

    def together(self) -> InboxKind | None:
        """With which others it is handled; None: alone. A change of number comes as a message."""
        kind = InboxKind(self.row["kind"])
        return None if self.item.get("type") == "system" or kind not in _TOGETHER else kind

    def sighting(self) -> Sighting:
        """Whom it is about. Raises ValueError where that is nobody."""
        identity = _identity(self.row, self.payload, self.item)
        if identity is None:
            raise ValueError("neither a phone number nor a BSUID says whom it is about")
        profile = _dict(self.payload.get("contact"))
        return Sighting(identity, _name(profile), _username(profile))

    def told(self) -> Told:
        """What became of a campaign's message."""
        after_s = self.item.get("after_s")
        return Told(
            self.row["_id"],
            self.row["shard"],
            self.row["at"],
            ObjectId(str(self.item.get("delivery"))),
            str(self.item.get("event")),
            None if after_s is None else int(after_s),
            link if isinstance(link := self.item.get("link"), str) else None,
        )

    def heard(self, contact: Contact) -> Heard:
        """What the contact said."""
        row = self.row
        message = inbound.message(self.item, row["at"])
        return Heard(row["_id"], contact, message, row["received_at"])


def _messages(work: Work, run: Sequence[_Read]) -> list[str]:
    sightings = [replace(one.sighting(), wrote_at=one.row["at"]) for one in run]
    met = meeting.meet(work.rt.db, sightings, work.now)
    heard = [
        Heard(
            one.row["_id"],
            contact,
            inbound.message(one.item, one.row["at"]),
            one.row["received_at"],
        )
        for one, contact in zip(run, met, strict=True)
        if not _is_elsewhere(work, one.row, contact)
    ]
    return messages.handle(work, heard)


def _of_campaigns(work: Work, run: Sequence[_Read]) -> list[str]:
    return told.handle(work, [one.told() for one in run])


_TOGETHER = {InboxKind.MESSAGE: _messages, InboxKind.CAMPAIGN: _of_campaigns}


def _single(work: Work, one: _Read) -> list[str]:
    row, item = one.row, one.item
    kind = row["kind"]
    if kind == InboxKind.TEMPLATE:
        notices.template(work.rt, item, work.now)
    elif kind == InboxKind.ACCOUNT:
        notices.account(work.rt, str(one.payload.get("field") or ""), item, work.now)
    elif kind == InboxKind.IDENTITY:
        notices.identity(work.rt, item, work.now)
    elif kind == InboxKind.ACTION:
        again.handle(work, item)
    elif kind in _PERSONAL:
        return _personal(work, one)
    return [row["_id"]]  # kept as it came, for a later version to read


def _personal(work: Work, one: _Read) -> list[str]:
    row, item = one.row, one.item
    if row["kind"] in _HAPPENED and work.awaits_rules(row["received_at"]):
        return []
    who = one.sighting()
    contact = touch.find_or_make(
        work.rt.db,
        who.identity,
        name=who.name,
        username=who.username,
        now=work.now,
        source="event" if row["kind"] in _HAPPENED else "message",
    )
    if _is_elsewhere(work, row, contact):
        return []
    with logs.about(contact_id=str(contact["_id"])):
        if row["kind"] == InboxKind.PREFERENCE:
            said = inbound.preference(item, row["at"])
            notices.preference(work, contact, row["_id"], said)
        elif row["kind"] in _HAPPENED:
            custom.handle(work, contact, row["_id"], item, row["at"])
        else:
            notices.system(work.rt, contact, inbound.message(item, row["at"]), work.now)
    return [row["_id"]]


def _is_elsewhere(work: Work, row: InboxItem, contact: Contact) -> bool:
    """Whether the person is handled in another shard, under the identity we knew them by first."""
    if contact["shard"] == row["shard"]:
        return False
    inbox.rehome(work.rt.db, row["_id"], contact["shard"])
    work.shards.add(contact["shard"])
    return True


def _identity(row: InboxItem, payload: dict[str, Any], item: dict[str, Any]) -> Identity | None:
    profile = _dict(payload.get("contact"))
    if row["kind"] in _HAPPENED:
        return identify(item.get("wa_id"), item.get("bsuid"))
    if row["kind"] == InboxKind.PREFERENCE:
        return identify(
            item.get("wa_id") or profile.get("wa_id"), item.get("user_id") or profile.get("user_id")
        )
    return identify(
        item.get("from") or profile.get("wa_id"),
        item.get("from_user_id") or profile.get("user_id"),
    )


def _name(profile: dict[str, Any]) -> str | None:
    name = _dict(profile.get("profile")).get("name")
    return inbound.storable(name)[:200].strip() or None if isinstance(name, str) else None


def _username(profile: dict[str, Any]) -> str | None:
    """It appears with and without a leading `@`."""
    name = _dict(profile.get("profile")).get("username")
    return inbound.storable(name).lstrip("@")[:100] or None if isinstance(name, str) else None


def _payload(row: InboxItem) -> dict[str, Any]:
    return _dict(json.loads(row["payload"]))


def _item(payload: dict[str, Any]) -> dict[str, Any]:
    return _dict(payload.get("item"))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
