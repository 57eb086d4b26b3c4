"""Turn a webhook body into journal rows. Pure."""

import hashlib
import json
from datetime import datetime

from config import logs
from contacts.identity import SHARDS, Identity, identify, shard_of, who_key
from store.documents.inbox import InboxItem, InboxKind, InboxState
from whatsapp.updates import NotAWebhookError, Update, split

log = logs.get(__name__)

# Enough of a body that nobody can read to see what it was.
_DEAD_LETTER_BYTES = 64 * 1024
# A document of MongoDB holds 16 MiB. A letter may take six times the bytes it came with, and what
# surrounds the updates is kept with each of them.
_MOST_WRITTEN = 15 * 1024 * 1024


def of_body(raw: bytes, received_at: datetime) -> list[InboxItem]:
    """The rows of a signed body; one dead letter where it is no JSON or no webhook."""
    try:
        rows = [_row(update, received_at) for update in split(json.loads(raw), received_at)]
    except NotAWebhookError as error:
        return [_dead(raw, f"not a webhook: {error}", received_at)]
    except (ValueError, RecursionError) as error:
        return [_dead(raw, f"not JSON: {type(error).__name__}", received_at)]
    except Exception as error:  # a fault of ours: refused, the body would come back for a week
        log.exception("a webhook could not be read")
        return [_dead(raw, f"could not be read: {type(error).__name__}", received_at)]
    if sum(len(row["payload"]) for row in rows) > _MOST_WRITTEN:
        return [_dead(raw, "too large to be written", received_at, whole=True)]
    return rows


def _row(update: Update, received_at: datetime) -> InboxItem:
    identity = identify(update.wa_id, update.bsuid)
    return {
        "_id": update.key,
        "kind": update.kind,
        "shard": shard_of(identity) if identity else _shard_of_nobody(update.key),
        "who": who_key(identity) if identity else "",
        "at": update.at,
        "received_at": received_at,
        "payload": update.payload,
        "state": InboxState.NEW,
        "tries": 0,
    }


def _shard_of_nobody(key: str) -> int:
    return shard_of(Identity(bsuid=key))


def _dead(raw: bytes, reason: str, received_at: datetime, *, whole: bool = False) -> InboxItem:
    """The same bytes make the same dead letter, however often they come."""
    digest = hashlib.sha256(raw).hexdigest()
    return {
        "_id": f"unreadable:{digest}",
        "kind": InboxKind.UNREADABLE,
        "shard": int(digest[:8], 16) % SHARDS,
        "who": "",
        "at": received_at,
        "received_at": received_at,
        "payload": "{}",
        "state": InboxState.DEAD,
        "tries": 0,
        "reason": reason,
        "raw": raw if whole else raw[:_DEAD_LETTER_BYTES],
    }
