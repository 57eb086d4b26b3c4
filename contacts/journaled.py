"""Journal rows of our own about one person: made, and put in line with what happens to them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config import logs
from contacts.identity import Identity, who_key
from runtime import Runtime
from store import inbox, queue
from store.documents.contact import Contact
from store.documents.inbox import InboxItem, InboxKind, InboxState
from store.redis import RedisDownError

log = logs.get(__name__)


def who_of(person: Contact) -> str:
    """Under what the journal knows them. Pure."""
    return who_key(Identity(person["wa_id"], person["bsuid"]))


def row(
    key: str,
    kind: InboxKind,
    person: Contact,
    item: Mapping[str, Any],
    *,
    at: datetime,
    received_at: datetime,
) -> InboxItem:
    """The row. key: its identity; the same twice is one. item: as one of Meta's bodies. Pure."""
    return {
        "_id": key,
        "kind": kind,
        "shard": person["shard"],
        "who": who_of(person),
        "at": at,
        "received_at": received_at,
        "payload": json.dumps({"item": dict(item)}),
        "state": InboxState.NEW,
        "tries": 0,
    }


def put_in_line(rt: Runtime, rows: Sequence[InboxItem], *, urgent: bool = False) -> None:
    """Keep these, and have somebody handle them. Safe to repeat: each is one row.

    urgent: whether they go before what is only counted. Raises StoreError where one is not kept.
    """
    inbox.journal(rt.db, rows)
    wake(rt, rows, urgent=urgent)


def wake(rt: Runtime, rows: Sequence[InboxItem], *, urgent: bool = False) -> None:
    """Have somebody handle what is kept already; where Redis is away, the sweep does."""
    if not rows:
        return
    shards = {one["shard"] for one in rows}
    try:
        queue.wake_shards(rt.redis, shards, shards if urgent else ())
    except RedisDownError:
        log.warning("rows of ours wait for the sweep", kind=rows[0]["kind"], count=len(rows))
