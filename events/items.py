"""One journal row each: whom it is about, what it says, and who handles it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config import logs
from contacts import touch
from contacts.identity import Identity, identify
from events import custom, messages, notices, statuses
from events.messages import Handled
from events.statuses import Reported
from rules.book import RuleBook
from runtime import Runtime
from store import inbox
from store.documents.contact import Contact
from store.documents.inbox import InboxItem, InboxKind
from whatsapp import inbound


@dataclass(slots=True)
class Work:
    """What handling needs, and what it leaves to do: messages to send, other shards to wake."""

    rt: Runtime
    book: RuleBook | None
    now: datetime
    messages_owed: bool = False
    shards: set[int] = field(default_factory=set)


def statuses_of(rows: Sequence[InboxItem]) -> list[Reported]:
    """The statuses in these rows. Pure."""
    return [Reported(row["_id"], inbound.status(_item(_payload(row)), row["at"])) for row in rows]


def statuses_in(work: Work, rows: Sequence[InboxItem]) -> list[str]:
    """Handle a run of statuses together; the rows that are done. Safe to repeat."""
    done, owed = statuses.handle(work.rt, work.book, statuses_of(rows), work.now)
    work.messages_owed = work.messages_owed or owed
    return done


def one(work: Work, row: InboxItem) -> list[str]:
    """Handle one row that is no status; its id where it is done. Safe to repeat."""
    payload = _payload(row)
    item = _item(payload)
    kind = row["kind"]
    if kind == InboxKind.TEMPLATE:
        notices.template(work.rt, item, work.now)
    elif kind == InboxKind.ACCOUNT:
        notices.account(work.rt, str(payload.get("field") or ""), item, work.now)
    elif kind == InboxKind.IDENTITY:
        notices.identity(work.rt, item, work.now)
    elif kind in (InboxKind.MESSAGE, InboxKind.PREFERENCE, InboxKind.CUSTOM):
        return _personal(work, row, payload, item)
    return [row["_id"]]  # kept as it came, for a later version to read


def _personal(
    work: Work, row: InboxItem, payload: dict[str, Any], item: dict[str, Any]
) -> list[str]:
    identity = _identity(row, payload, item)
    if identity is None:
        raise ValueError("neither a phone number nor a BSUID says whom it is about")
    profile = _dict(payload.get("contact"))
    contact = touch.find_or_make(
        work.rt.db,
        identity,
        name=_name(profile),
        username=_username(profile),
        now=work.now,
        source="event" if row["kind"] == InboxKind.CUSTOM else "message",
    )
    if contact["shard"] != row["shard"]:
        # The person is handled elsewhere, under the identity we knew them by first.
        inbox.rehome(work.rt.db, row["_id"], contact["shard"])
        work.shards.add(contact["shard"])
        return []
    with logs.about(contact_id=str(contact["_id"])):
        handled = _handle(work, row, contact, item)
    work.messages_owed = work.messages_owed or handled.messages_owed
    return [row["_id"]]


def _handle(work: Work, row: InboxItem, contact: Contact, item: dict[str, Any]) -> Handled:
    rt, book, now = work.rt, work.book, work.now
    if row["kind"] == InboxKind.PREFERENCE:
        said = inbound.preference(item, row["at"])
        return notices.preference(rt, book, contact, row["_id"], said, now)
    if row["kind"] == InboxKind.CUSTOM:
        return custom.handle(rt, book, contact, row["_id"], item, row["at"], now)
    message = inbound.message(item, row["at"])
    if message.type == "system":
        return Handled(notices.system(rt, contact, message, now))
    return messages.handle(rt, book, contact, row["_id"], message, now)


def _identity(row: InboxItem, payload: dict[str, Any], item: dict[str, Any]) -> Identity | None:
    profile = _dict(payload.get("contact"))
    if row["kind"] == InboxKind.CUSTOM:
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
