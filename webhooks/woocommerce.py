"""WooCommerce's webhooks: orders and customers, as events. Pure.

It tells that an order was created or updated; what the update means follows from the order's
status. So each event is told once for an order, however often the order is updated.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks
"""

import re
from collections.abc import Mapping
from typing import Any

from webhooks import shop
from webhooks.shop import Said, Told

SIGNATURE = "X-WC-Webhook-Signature"
TOPIC = "X-WC-Webhook-Topic"
SOURCE = "X-WC-Webhook-Source"
# Saving a webhook there sends this, unsigned, and wants a 200.
_PING = re.compile(rb"webhook_id=\d{1,20}")
_STATUS = {
    "processing": (shop.PAID,),
    "completed": (shop.PAID, shop.FULFILLED),
    "cancelled": (shop.CANCELLED,),
}
_UNPAID = ("pending", "checkout-draft", "failed")


def is_ping(body: bytes) -> bool:
    """Whether it asks only whether somebody is there."""
    return _PING.fullmatch(body.strip()) is not None


def read(topic: str, body: Mapping[str, Any], source: str) -> Said:
    """What it says; nothing where nobody asks for the topic. Raises shop.UnreadableError."""
    if topic in ("order.created", "order.updated"):
        return _order(topic, body, source)
    if topic == "customer.created":
        return Said([_customer(body, source)])
    return Said()


def _order(topic: str, body: Mapping[str, Any], source: str) -> Said:
    order = shop.identity_of(body, "order")
    status = shop.text(body.get("status")) or ""
    lines = body.get("line_items")
    billing, shipping = shop.group(body.get("billing")), shop.group(body.get("shipping"))
    properties = shop.tidy(
        shop=shop.text(source),
        order=shop.text(body.get("number")) or order,
        order_id=order,
        status=status,
        total=shop.number(body.get("total")),
        currency=shop.text(body.get("currency")),
        items=shop.names(lines, "name"),
        skus=shop.names(lines, "sku"),
        quantity=shop.count(lines),
        coupons=shop.names(body.get("coupon_lines"), "code"),
        checkout_url=shop.text(body.get("payment_url")),
        first_name=shop.text(billing.get("first_name")),
    )
    country = billing.get("country") or shipping.get("country")
    numbers = shop.phones((billing.get("phone"), country), (shipping.get("phone"), country))
    name = shop.full_name(billing.get("first_name"), billing.get("last_name"))

    def told(event: str, *, waits: bool = False) -> Told:
        return Told(event, _key(source, order, event), numbers, properties, name, waits)

    left = told(shop.ABANDONED, waits=True)
    if status in _UNPAID:
        created = [told(shop.CREATED)] if topic == "order.created" and status == "pending" else []
        return Said([*created, left])
    created = [told(shop.CREATED)] if topic == "order.created" else []
    return Said([*created, *map(told, _STATUS.get(status, ()))], [left.key])


def _customer(body: Mapping[str, Any], source: str) -> Told:
    customer = shop.identity_of(body, "customer")
    billing = shop.group(body.get("billing"))
    first = body.get("first_name") or billing.get("first_name")
    last = body.get("last_name") or billing.get("last_name")
    properties = shop.tidy(
        shop=shop.text(source), customer_id=customer, first_name=shop.text(first)
    )
    numbers = shop.phones((billing.get("phone"), billing.get("country")))
    key = _key(source, "customer", customer)
    return Told(shop.CUSTOMER, key, numbers, properties, shop.full_name(first, last))


def _key(source: str, *parts: str) -> str:
    where = re.sub(r"^https?://|/+$", "", source)[:100]
    return shop.key("woocommerce", where, *parts)
