"""Tell other systems what a rule found: owed as a fire, posted and signed by a worker, retried.

The receiver checks `X-Drumbeat-Signature: t=<unix time>,v1=<hex>`: HMAC-SHA256 with NOTIFY_SECRET
over `<unix time>.<body>`. A repeat carries the same `id`, in the body and as `Idempotency-Key`.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from config import logs
from rules import acts
from runtime import Runtime, outward
from store import fires
from store.documents.fire import Fire, FireKind

if TYPE_CHECKING:
    from events.actions import Round

# Nine tries within a day, then it is given up.
_WAITS = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200))
_GONE = 410

log = logs.get(__name__)


class UnknownAddressError(Exception):
    """Rules name an address that no setting gives."""


def owe(on: "Round", action: acts.Notify) -> str:
    """Have it told; the same action of the same event is told once."""
    if action.address not in (on.rt.settings.notify_addresses or {}):
        raise UnknownAddressError(
            f"no address is called {action.address!r}: NOTIFY_ADDRESSES gives them"
        )
    mark = on.mark()
    fire: Fire = {
        "_id": f"notify:{mark}",
        "kind": FireKind.NOTIFY,
        "subject": {
            "contact_id": on.contact["_id"],
            "address": action.address,
            "body": json.dumps(_told(on, action, mark), default=str, ensure_ascii=False),
        },
        "due_at": on.now,
        "version": on.rule_version,
        "lease": None,
        "tries": 0,
    }
    fires.schedule(on.rt.db, [fire])
    return f"owed to {action.address}"


def _told(on: "Round", action: acts.Notify, mark: str) -> dict[str, Any]:
    """What the other system learns."""
    event, contact = on.event, on.contact
    return {
        "id": mark,
        "rule": on.rule,
        "rule_version": on.rule_version,
        "event": event.name,
        "at": event.at.isoformat(),
        "text": event.text,
        "button": event.button,
        "campaign": event.campaign,
        "properties": dict(event.properties),
        "contact": {
            "phone": contact["wa_id"] and f"+{contact['wa_id']}",
            "bsuid": contact["bsuid"],
            "name": contact["name"],
            "language": contact["language"],
            "country": contact["country"],
        },
        "data": dict(action.data),
    }


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The header's value.

    >>> from datetime import UTC
    >>> signature("s", b"{}", datetime(2026, 11, 24, tzinfo=UTC))[:18]
    't=1795478400,v1=e3'
    """
    stamp = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"t={stamp},v1={signed.hexdigest()}"


def post_due(rt: Runtime, clock: Callable[[], datetime], stop: Callable[[], bool]) -> int:
    """Post what is due, oldest first; how many were taken. An address that fails is left alone for
    the rest of this pass, so that it holds up nobody else's."""
    failed: dict[str, str] = {}
    taken = 0
    while not stop():
        now = clock()
        fire = fires.claim_due(rt.db, now, FireKind.NOTIFY)
        if fire is None:
            break
        address = fire["subject"]["address"]
        reason = failed.get(address) or _post(rt, fire, now)
        if reason is None:
            fires.finish(rt.db, fire)
            taken += 1
            continue
        failed[address] = reason
        _again(rt, fire, now, reason)
    return taken


def _post(rt: Runtime, fire: Fire, now: datetime) -> str | None:
    """None where it was taken; else why it was not."""
    settings = rt.settings
    url = (settings.notify_addresses or {}).get(fire["subject"]["address"])
    if url is None or settings.notify_secret is None:
        return "the address is not configured any more"
    body = fire["subject"]["body"].encode()
    headers: Mapping[str, str] = {
        "Content-Type": "application/json",
        "User-Agent": "Drumbeat",
        "Idempotency-Key": fire["_id"],
        "X-Drumbeat-Signature": signature(settings.notify_secret.get_secret_value(), body, now),
    }
    try:
        status = outward.post(url, body, headers, private=settings.notify_private)
    except outward.UnreachableError as error:
        return str(error)
    return None if 200 <= status < 300 else f"answered {status}"


def _again(rt: Runtime, fire: Fire, now: datetime, reason: str) -> None:
    tries, address = fire["tries"], fire["subject"]["address"]
    if tries > len(_WAITS) or reason == f"answered {_GONE}":
        log.error("a notification was given up", address=address, tries=tries, reason=reason)
        fires.finish(rt.db, fire)
        return
    log.warning("a notification was not taken", address=address, tries=tries, reason=reason)
    fires.postpone(rt.db, fire, now + _WAITS[tries - 1])
