"""The doors for shops: verify, journal as events of one person, wake the workers, 200.

Off where no secret is set. A body that is signed and says nothing to us is answered 200 too: a
shop that is refused again and again stops telling.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, request
from pydantic import SecretStr
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from config import clock, logs, metrics
from contacts.identity import Identity, shard_of
from events import later, rows
from runtime import Runtime
from store import contacts, inbox, queue
from store.documents.inbox import InboxItem, InboxKind
from store.mongo import StoreError
from store.redis import RedisDownError
from webhooks import shop, shopify, woocommerce
from webhooks.shop import Said, Told

MAX_BYTES = 3 * 1024 * 1024
_OLDEST = timedelta(days=7)

blueprint = Blueprint("shops", __name__)
log = logs.get(__name__)


@blueprint.post("/webhooks/shopify")
def from_shopify() -> Response:
    """See docs/shops.md for the answers."""
    rt = _runtime()
    raw, refused = _signed("shopify", rt.settings.shopify_webhook_secret, shopify.SIGNATURE)
    if refused is not None:
        return refused
    if request.headers.get(shopify.TRIAL, "").lower() == "true":
        return _answer("shopify", "ignored", 200, "a trial: nobody is told")
    delivery = request.headers.get(shopify.DELIVERY) or hashlib.sha256(raw).hexdigest()
    topic, source = request.headers.get(shopify.TOPIC, ""), request.headers.get(shopify.SOURCE, "")
    at = shop.moment(request.headers.get(shopify.MOMENT))
    try:
        said = shopify.read(topic, _object(raw), delivery[:100], source[:100])
    except shop.UnreadableError as error:
        return _answer("shopify", "unreadable", 200, f"not kept: {error}")
    return _take("shopify", said, at)


@blueprint.post("/webhooks/woocommerce")
def from_woocommerce() -> Response:
    """See docs/shops.md for the answers."""
    rt = _runtime()
    secrets = rt.settings.woocommerce_webhook_secret
    if secrets and woocommerce.is_ping(_body() or b""):
        return _answer("woocommerce", "ignored", 200, "")
    raw, refused = _signed("woocommerce", secrets, woocommerce.SIGNATURE)
    if refused is not None:
        return refused
    topic = request.headers.get(woocommerce.TOPIC, "")
    try:
        said = woocommerce.read(topic, _object(raw), request.headers.get(woocommerce.SOURCE, ""))
    except shop.UnreadableError as error:
        return _answer("woocommerce", "unreadable", 200, f"not kept: {error}")
    return _take("woocommerce", said, None)


def _signed(
    name: str, secrets: Sequence[SecretStr] | None, header: str
) -> tuple[bytes, Response | None]:
    """The raw body, and the answer where it is not taken."""
    if not secrets:
        setting = f"{name.upper()}_WEBHOOK_SECRET"
        return b"", Response(f"off: set {setting}", 404, mimetype="text/plain")
    raw = _body()
    if raw is None:
        return b"", _answer(name, "too_large", 413, "a body of more than 3 MiB, or cut off")
    if not shop.is_signed(
        raw, request.headers.get(header), [one.get_secret_value() for one in secrets]
    ):
        return b"", _answer(name, "unsigned", 401, "the signature is missing or wrong")
    return raw, None


def _body() -> bytes | None:
    request.max_content_length = MAX_BYTES
    try:
        return request.get_data()
    except (RequestEntityTooLarge, ClientDisconnected):
        return None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise shop.UnreadableError("no JSON") from None
    if not isinstance(found, dict):
        raise shop.UnreadableError("no JSON object")
    return found


def _take(name: str, said: Said, at: datetime | None) -> Response:
    """Keep what was said; 200 once it is on the disk."""
    rt, now = _runtime(), clock.now()
    at = min(max(at or now, now - _OLDEST), now)
    people = {one.key: shop.person(one, rt.settings.default_country) for one in said.told}
    try:
        later.forget(rt, [_key(key) for key in said.settled])
        shards = [_keep(rt, one, who, at, now) for one in said.told if (who := people[one.key])]
    except StoreError:
        return _answer(name, "not_kept", 503, "could not be kept; send it again")
    if told := {shard for shard in shards if shard is not None}:
        try:
            queue.wake_shards(rt.redis, told, told)
        except RedisDownError:
            log.warning("a shop's events wait for the sweep", count=len(told))
    if said.told and not any(people.values()):
        return _answer(name, "no_phone", 200, "not kept: no phone number in it")
    return _answer(name, "told" if said.told or said.settled else "ignored", 200, "")


def _keep(rt: Runtime, told: Told, who: Identity, at: datetime, now: datetime) -> int | None:
    """Journal one event, or put it off; the shard to be woken, if it is."""
    known = contacts.by_identities(rt.db, [who.wa_id] if who.wa_id else [], [])
    contact = known[0] if known else None
    row: InboxItem = rows.happened(
        _key(told.key),
        InboxKind.CUSTOM,
        told.event,
        Identity(contact["wa_id"], contact["bsuid"]) if contact else who,
        contact["shard"] if contact else shard_of(who),
        told.properties,
        at=at,
        received_at=now,
        name=told.name,
    )
    if told.waits:
        due_at = now + rt.settings.checkout_abandoned_after
        later.put_off(rt, row, contact["_id"] if contact else None, due_at)
        return None
    inbox.journal(rt.db, [row])
    return row["shard"]


def _key(key: str) -> str:
    return f"c:{key}"


def _answer(name: str, result: str, status: int, text: str) -> Response:
    metrics.SHOP_WEBHOOKS.labels(name, result).inc()
    return Response(text, status, mimetype="text/plain")


def _runtime() -> Runtime:
    rt: Runtime = current_app.extensions["drumbeat"]
    return rt
