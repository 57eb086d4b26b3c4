"""Split a webhook body into the updates it carries, each with an identity of its own. Pure.

Meta puts up to 1,000 updates of any kind into one body and repeats what was not answered with 200.
Nothing is refused here: what is not understood is kept as it came, for a later version to read.
Source: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from store.documents.inbox import InboxKind

_TEMPLATE_FIELDS = ("message_template", "template_")
_ACCOUNT_FIELDS = ("account_", "phone_number_", "business_capability", "security")
_LISTS = {
    "messages": InboxKind.MESSAGE,
    "statuses": InboxKind.STATUS,
    "user_preferences": InboxKind.PREFERENCE,
    "user_id_update": InboxKind.IDENTITY,
}
_COMMON = {"messaging_product", "metadata", "contacts", *_LISTS}
# Made once: json.dumps makes one for each call that wants other separators.
_COMPACT = json.JSONEncoder(separators=(",", ":"))
_SORTED = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
# As tuples: asking for a union makes it anew each time, which a thousand updates a body feel.
_ID_TYPES = (str, int)
_TIME_TYPES = (str, int, float)
_LONGEST_KEY = 400
_MILLISECONDS_FROM = 100_000_000_000  # read as seconds it would be the year 5138
_CLOCKS_DIFFER_BY = timedelta(minutes=5)


class NotAWebhookError(ValueError):
    """The body is JSON, but not what Meta sends."""


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened. key: the same for each repeat of it, in whatever bytes.

    payload: JSON text of {field, waba_id, time, metadata, contact, item}, ASCII alone.
    wa_id, bsuid: whom it is about, as Meta wrote it, unchecked.
    """

    kind: InboxKind
    key: str
    at: datetime
    wa_id: object
    bsuid: object
    payload: str


def split(body: object, received_at: datetime) -> list[Update]:
    """The updates of a parsed body, in their order. Raises NotAWebhookError."""
    if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
        raise NotAWebhookError("no `entry` list")
    updates: list[Update] = []
    for entry in body["entry"]:
        if not isinstance(entry, dict):
            raise NotAWebhookError("an entry that is no object")
        changes = entry.get("changes")
        for change in changes if isinstance(changes, list) else [entry]:
            updates.extend(_of_change(change, entry, received_at))
    if not updates:
        raise NotAWebhookError("nothing in it")
    return updates


def _of_change(change: object, entry: dict[str, Any], received_at: datetime) -> Iterator[Update]:
    holder = change if isinstance(change, dict) else {"value": change}
    value = holder.get("value")
    around = {
        "field": holder.get("field"),
        "waba_id": entry.get("id"),
        "time": entry.get("time"),
    }
    if not isinstance(value, dict):
        yield _management(around, holder if change is not entry else entry, received_at)
        return
    around["metadata"] = value.get("metadata")
    contacts = _Contacts(value.get("contacts"))
    found = False
    for name, kind in _LISTS.items():
        items = value.get(name)
        for item in items if isinstance(items, list) else []:
            found = True
            yield _personal(kind, around, item, contacts, received_at)
    rest = {key: part for key, part in value.items() if key not in _COMMON and part}
    if rest or not found:
        yield _management(around, rest or value, received_at)


def _personal(
    kind: InboxKind,
    around: dict[str, Any],
    item: Any,
    contacts: "_Contacts",
    received_at: datetime,
) -> Update:
    if not isinstance(item, dict) or "group_id" in item:
        kind = InboxKind.OTHER
    fields = item if isinstance(item, dict) else {}
    wa_id, bsuid = _person(kind, fields)
    contact = contacts.about(wa_id, bsuid)
    if kind is InboxKind.STATUS:
        wa_id, bsuid = wa_id or contact.get("wa_id"), bsuid or contact.get("user_id")
    elif kind is InboxKind.MESSAGE or kind is InboxKind.PREFERENCE:
        bsuid = bsuid or contact.get("user_id")
        wa_id = wa_id or contact.get("wa_id")
    return Update(
        kind=kind,
        key=_key(kind, around, fields, item),
        at=moment(fields.get("timestamp"), received_at),
        wa_id=wa_id,
        bsuid=bsuid,
        payload=_json({**around, "contact": contact or None, "item": item}),
    )


def _person(kind: InboxKind, item: dict[str, Any]) -> tuple[object, object]:
    if kind is InboxKind.STATUS:
        return item.get("recipient_id"), item.get("recipient_user_id")
    if kind is InboxKind.MESSAGE:
        return item.get("from"), item.get("from_user_id")
    user_id = item.get("user_id")
    if isinstance(user_id, dict):
        user_id = user_id.get("previous") or user_id.get("current")
    return item.get("wa_id"), user_id


class _Contacts:
    """The `contacts` beside the items of one change, found by either id: a body may hold a
    thousand of both."""

    def __init__(self, listed: object) -> None:
        self._entries = (
            [entry for entry in listed if isinstance(entry, dict)]
            if isinstance(listed, list)
            else []
        )
        self._by_wa_id = _first_by("wa_id", self._entries)
        self._by_bsuid = _first_by("user_id", self._entries)

    def about(self, wa_id: object, bsuid: object) -> dict[str, Any]:
        """The entry about this person; the only one where none says whom it is about."""
        for entries, key in ((self._by_wa_id, wa_id), (self._by_bsuid, bsuid)):
            if isinstance(key, str) and key in entries:
                return entries[key]
        alone = self._entries[0] if len(self._entries) == 1 else {}
        return alone if not (wa_id or bsuid) or not alone.get("wa_id") else {}


def _first_by(name: str, entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        key = entry.get(name)
        if isinstance(key, str) and key:
            found.setdefault(key, entry)
    return found


def _management(around: dict[str, Any], value: Any, received_at: datetime) -> Update:
    field = str(around.get("field") or "")
    if field.startswith(_TEMPLATE_FIELDS):
        kind = InboxKind.TEMPLATE
    elif field.startswith(_ACCOUNT_FIELDS):
        kind = InboxKind.ACCOUNT
    else:
        kind = InboxKind.OTHER
    return Update(
        kind=kind,
        key=_key(kind, around, value if isinstance(value, dict) else {}, value),
        at=moment(around.get("time"), received_at),
        wa_id=None,
        bsuid=None,
        payload=_json({**around, "contact": None, "item": value}),
    )


def _key(kind: InboxKind, around: dict[str, Any], item: dict[str, Any], whole: Any) -> str:
    """An identity made of Meta's ids, or of all there is where it gives none."""
    metadata = around.get("metadata")
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    parts: list[object] = []
    if kind is InboxKind.MESSAGE:
        parts = ["m", item.get("id")]
    elif kind is InboxKind.STATUS:
        parts = ["s", item.get("id"), item.get("status")]
    elif kind is InboxKind.PREFERENCE:
        person = item.get("user_id") or item.get("wa_id")
        parts = ["p", number, person, item.get("category"), item.get("value")]
        parts.append(item.get("timestamp"))
    elif kind is InboxKind.TEMPLATE and around.get("time") is not None:
        parts = ["t", around["waba_id"], item.get("message_template_id"), around["field"]]
        what = item.get("event") or item.get("new_quality_score") or item.get("new_category")
        parts += [what, item.get("correct_category") or "-", around["time"]]
    elif kind is InboxKind.ACCOUNT and around.get("time") is not None and "event" in item:
        parts = ["a", around["waba_id"], around["field"], item["event"], around["time"]]
        parts.append(item.get("display_phone_number") or item.get("phone_number") or "-")
    if not parts or not all(map(_names, parts)):
        return "x:" + _digest(_json({**around, "item": whole}, sort=True))
    key = ":".join(map(str, parts))
    if not key.isascii():  # lone surrogates cannot be written as UTF-8, and so not as an _id
        key = key.encode("utf-8", "backslashreplace").decode()
    return key if len(key) <= _LONGEST_KEY else f"{parts[0]}:{_digest(key)}"


def _names(part: object) -> bool:
    return part != "" and isinstance(part, _ID_TYPES)


def moment(value: object, received_at: datetime) -> datetime:
    """When Meta says it happened: seconds or milliseconds, as text or number; else `received_at`.

    A time in the future would keep its place in line for ever, and counts as now.
    """
    try:
        seconds = float(value) if isinstance(value, _TIME_TYPES) else None
    except (ValueError, OverflowError):
        seconds = None
    if seconds is None or not 0 < seconds < _MILLISECONDS_FROM * 1000:
        return received_at
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    at = datetime.fromtimestamp(seconds, UTC)
    return received_at if at > received_at + _CLOCKS_DIFFER_BY else at


def _json(value: Any, *, sort: bool = False) -> str:
    return (_SORTED if sort else _COMPACT).encode(value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
