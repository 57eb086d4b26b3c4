"""Journal rows of what happened to one person outside of WhatsApp: another system told us, or we
noticed it ourselves. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contacts.identity import Identity, who_key
from store.documents.inbox import InboxItem, InboxKind, InboxState


def happened(
    key: str,
    kind: InboxKind,
    event: str,
    who: Identity,
    shard: int,
    properties: Mapping[str, Any],
    *,
    at: datetime,
    received_at: datetime,
    name: str | None = None,
    **more: Any,
) -> InboxItem:
    """The row. key: its identity; the same twice is one. name: the person's, where it was told.

    payload: {"item": {event, wa_id, bsuid, properties, …more}}, as the events of Meta have theirs.
    """
    item = {
        **more,
        "event": event,
        "wa_id": who.wa_id,
        "bsuid": who.bsuid,
        "properties": dict(properties),
    }
    payload: dict[str, Any] = {"item": item}
    if name:
        payload["contact"] = {"profile": {"name": name}}
    return {
        "_id": key,
        "kind": kind,
        "shard": shard,
        "who": who_key(who),
        "at": at,
        "received_at": received_at,
        "payload": json.dumps(payload, ensure_ascii=False, separators=(",", ":"), default=str),
        "state": InboxState.NEW,
        "tries": 0,
    }
