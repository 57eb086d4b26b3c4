"""Shopify's webhooks: orders, checkouts and customers, as events. Pure.

Source: https://shopify.dev/docs/api/webhooks (topics and headers), and the REST resources order,
checkout and customer, whose form the bodies have.
"""

from collections.abc import Mapping
from typing import Any

from webhooks import shop
from webhooks.shop import Said, Told

SIGNATURE = "X-Shopify-Hmac-Sha256"
TOPIC = "X-Shopify-Topic"
DELIVERY = "X-Shopify-Webhook-Id"  # the same whenever Shopify sends the same again
SOURCE = "X-Shopify-Shop-Domain"
MOMENT = "X-Shopify-Triggered-At"
TRIAL = "X-Shopify-Test"
_ORDERS = {
    "orders/create": shop.CREATED,
    "orders/paid": shop.PAID,
    "orders/fulfilled": shop.FULFILLED,
    "orders/cancelled": shop.CANCELLED,
}
_CHECKOUTS = ("checkouts/create", "checkouts/update")


def read(topic: str, body: Mapping[str, Any], delivery: str, source: str) -> Said:
    """What it says; nothing where nobody asks for the topic. Raises shop.UnreadableError."""
    if topic in _ORDERS:
        return _order(_ORDERS[topic], body, delivery, source)
    if topic in _CHECKOUTS:
        return _checkout(body, source)
    if topic == "customers/create":
        return Said([_customer(body, delivery, source)])
    return Said()


def _order(event: str, body: Mapping[str, Any], delivery: str, source: str) -> Said:
    order = shop.identity_of(body, "order")
    shipped = [shop.group(one) for one in body.get("fulfillments") or [] if isinstance(one, dict)]
    last = shipped[-1] if shipped else {}
    properties = shop.tidy(
        **_bought(body),
        shop=shop.text(source),
        order=shop.text(body.get("name")) or order,
        order_id=order,
        status=shop.text(body.get("financial_status")),
        tags=[tag.strip() for tag in str(body.get("tags") or "").split(",") if tag.strip()][:20],
        status_url=shop.text(body.get("order_status_url")),
        tracking_number=shop.text(last.get("tracking_number")),
        tracking_url=shop.text(last.get("tracking_url")),
        tracking_company=shop.text(last.get("tracking_company")),
        cancel_reason=shop.text(body.get("cancel_reason")),
    )
    told = Told(event, shop.key("shopify", delivery), _phones(body), properties, _name(body))
    token = shop.text(body.get("checkout_token"))
    return Said([told], [_waiting(token)] if token else [])


def _checkout(body: Mapping[str, Any], source: str) -> Said:
    """It was left if it is not completed for a while after its last change: told then, once."""
    token = shop.text(body.get("token"))
    if token is None:
        raise shop.UnreadableError("no checkout: it has no token")
    if body.get("completed_at"):
        return Said((), [_waiting(token)])
    properties = shop.tidy(
        **_bought(body),
        shop=shop.text(source),
        checkout=token,
        checkout_url=shop.text(body.get("abandoned_checkout_url")),
    )
    told = Told(shop.ABANDONED, _waiting(token), _phones(body), properties, _name(body), waits=True)
    return Said([told])


def _customer(body: Mapping[str, Any], delivery: str, source: str) -> Told:
    customer = shop.identity_of(body, "customer")
    address = shop.group(body.get("default_address"))
    properties = shop.tidy(
        shop=shop.text(source),
        customer_id=customer,
        first_name=shop.text(body.get("first_name")),
        orders=shop.number(body.get("orders_count")),
        tags=[tag.strip() for tag in str(body.get("tags") or "").split(",") if tag.strip()][:20],
    )
    country = address.get("country_code")
    numbers = shop.phones((body.get("phone"), country), (address.get("phone"), country))
    name = shop.full_name(body.get("first_name"), body.get("last_name"))
    return Told(shop.CUSTOMER, shop.key("shopify", delivery), numbers, properties, name)


def _waiting(token: str) -> str:
    return shop.key("shopify", "checkout", token)


def _bought(body: Mapping[str, Any]) -> dict[str, Any]:
    lines = body.get("line_items")
    return {
        "total": shop.number(body.get("total_price")),
        "currency": shop.text(body.get("currency")),
        "items": shop.names(lines, "title") or shop.names(lines, "name"),
        "skus": shop.names(lines, "sku"),
        "quantity": shop.count(lines),
        "coupons": shop.names(body.get("discount_codes"), "code"),
        "first_name": shop.text(shop.group(body.get("customer")).get("first_name"))
        or shop.text(_address(body).get("first_name")),
    }


def _address(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return shop.group(body.get("shipping_address")) or shop.group(body.get("billing_address"))


def _phones(body: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    customer = shop.group(body.get("customer"))
    ship, bill = shop.group(body.get("shipping_address")), shop.group(body.get("billing_address"))
    home = shop.group(customer.get("default_address"))
    country = _address(body).get("country_code") or home.get("country_code")
    return shop.phones(
        (body.get("phone"), country),
        (customer.get("phone"), country),
        (ship.get("phone"), ship.get("country_code")),
        (bill.get("phone"), bill.get("country_code")),
        (home.get("phone"), home.get("country_code")),
    )


def _name(body: Mapping[str, Any]) -> str | None:
    customer, address = shop.group(body.get("customer")), _address(body)
    return shop.full_name(customer.get("first_name"), customer.get("last_name")) or shop.full_name(
        address.get("first_name"), address.get("last_name")
    )
