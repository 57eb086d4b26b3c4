"""What a shop tells becomes an event of one person, once, and is on the disk before the 200."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app import create_app
from config import settings as config_settings
from config.settings import Settings, SettingsError
from contacts import erasure
from contacts.identity import Identity, who_key
from events import later
from runtime import Runtime
from store import fires, mongo, redis
from store.documents.fire import FireKind
from tests.makers import ASHA, BILAL, make_contact
from webhooks import shop, shopify, woocommerce

FILES = {path.stem: json.loads(path.read_bytes()) for path in Path(__file__).parent.glob("shops/*")}
ORDER, WOO = FILES["shopify_order"], FILES["woocommerce_order"]
CHECKOUT = FILES["shopify_checkout"]
OLD, NEW = "old-secret", "new-secret"


@pytest.fixture
def app(settings: Settings, db: mongo.Db, red: redis.RedisClient) -> Iterator[Flask]:
    """An application that hears two shops; Shopify's secret is being changed."""
    secrets = config_settings.load(
        _env_file=None,
        **{
            **settings.model_dump(),
            "whatsapp_app_secret": "test-app-secret",
            "shopify_webhook_secret": f"{NEW},{OLD}",
            "woocommerce_webhook_secret": "woo-secret",
        },
    )
    built = create_app(secrets)
    yield built
    built.extensions["drumbeat"].db.client.close()


def rt_of(app: Flask) -> Runtime:
    rt: Runtime = app.extensions["drumbeat"]
    return rt


def shopify_says(
    app: Flask, topic: str, body: Any, delivery: str = "d1", secret: str = OLD, **more: str
) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "Content-Type": "application/json",
        shopify.SIGNATURE: shop.signature(raw, secret),
        shopify.TOPIC: topic,
        shopify.DELIVERY: delivery,
        shopify.SOURCE: "pots.myshopify.com",
        **more,
    }
    return app.test_client().post("/webhooks/shopify", data=raw, headers=headers)


def woo_says(app: Flask, topic: str, body: Any, **more: str) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "Content-Type": "application/json",
        woocommerce.SIGNATURE: shop.signature(raw, "woo-secret"),
        woocommerce.TOPIC: topic,
        woocommerce.SOURCE: "https://woo.example/",
        **more,
    }
    return app.test_client().post("/webhooks/woocommerce", data=raw, headers=headers)


def journaled(db: mongo.Db) -> list[dict[str, Any]]:
    """The items, in the order in which they came."""
    return [json.loads(row["payload"])["item"] for row in db.inbox.find().sort("_id", 1)]


def names(db: mongo.Db) -> list[str]:
    return sorted(item["event"] for item in journaled(db))


def strike(app: Flask, **ahead: float) -> None:
    """The clock, so much later: what was put off is put in line."""
    rt, now = rt_of(app), datetime.now(UTC) + timedelta(**ahead)
    while due := fires.claim_due(rt.db, now, FireKind.TELL):
        later.journal_due(rt, [due], now)
        fires.finish(rt.db, due)


def test_an_order_of_shopifys_is_an_event_of_its_customer(app: Flask, db: mongo.Db) -> None:
    answer = shopify_says(app, "orders/create", ORDER)

    assert (answer.status_code, answer.text) == (200, "")
    [row] = db.inbox.find()
    assert (row["_id"], row["kind"], row["who"]) == (
        "c:shopify:d1", "custom", who_key(Identity(wa_id=ASHA)),
    )  # fmt: skip
    payload = json.loads(row["payload"])
    assert payload["contact"]["profile"]["name"] == "Asha Kulkarni"
    assert (payload["item"]["event"], payload["item"]["wa_id"]) == ("order_created", ASHA)
    assert payload["item"]["properties"] == {
        "shop": "pots.myshopify.com",
        "order": "#1001",
        "order_id": "820982911946154508",
        "total": 1403,
        "currency": "INR",
        "items": ["Clay pot", "Pan"],
        "skus": ["POT-1"],
        "quantity": 3,
        "coupons": ["DIWALI10"],
        "first_name": "Asha",
        "status": "paid",
        "tags": ["first order", "gift"],
        "status_url": "https://shop.example/orders/123456abcd",
        "tracking_number": "AWB1",
        "tracking_url": "https://track.example/AWB1",
        "tracking_company": "Delhivery",
    }


@pytest.mark.parametrize(
    ("topic", "body", "event"),
    [
        ("orders/create", ORDER, "order_created"),
        ("orders/paid", ORDER, "order_paid"),
        ("orders/fulfilled", ORDER, "order_fulfilled"),
        ("orders/cancelled", ORDER, "order_cancelled"),
        ("customers/create", FILES["shopify_customer"], "customer_created"),
        ("products/update", {"id": 1}, None),
    ],
)
def test_each_topic_of_shopifys_is_its_event(
    app: Flask, db: mongo.Db, topic: str, body: Any, event: str | None
) -> None:
    for _ in range(2):  # the same webhook comes again
        assert shopify_says(app, topic, body).status_code == 200
    assert names(db) == ([event] if event else [])
    assert shopify_says(app, topic, body, "d2").status_code == 200
    assert names(db) == ([event] * 2 if event else []), "another webhook is another event"


def test_a_number_is_read_in_the_country_of_its_address(app: Flask, db: mongo.Db) -> None:
    shopify_says(app, "customers/create", FILES["shopify_customer"])
    woo_says(app, "customer.created", FILES["woocommerce_customer"])

    assert [item["wa_id"] for item in journaled(db)] == ["14155550123", "6591234567"]


def test_a_known_person_is_told_of_where_they_are_handled(app: Flask, db: mongo.Db) -> None:
    contact = make_contact(db, ASHA, bsuid="IN.1", shard=9)

    shopify_says(app, "orders/paid", ORDER)

    [row] = db.inbox.find()
    assert row["shard"] == contact["shard"]
    assert journaled(db)[0]["bsuid"] == "IN.1"


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_two_secrets_sign_while_one_is_changed(app: Flask, secret: str) -> None:
    assert shopify_says(app, "orders/paid", ORDER, secret=secret).status_code == 200


@pytest.mark.parametrize("signature", ["", "x", "c2hh", "ü"])
def test_what_is_not_signed_is_not_read(app: Flask, db: mongo.Db, signature: str) -> None:
    told = {shopify.SIGNATURE: signature}
    assert shopify_says(app, "orders/paid", ORDER, **told).status_code == 401
    assert (
        woo_says(app, "order.created", WOO, **{woocommerce.SIGNATURE: signature}).status_code == 401
    )
    assert db.inbox.count_documents({}) == 0


def test_without_a_secret_the_door_is_shut(settings: Settings, db: mongo.Db) -> None:
    shut = create_app(settings)

    answer = shopify_says(shut, "orders/paid", ORDER)

    assert (answer.status_code, answer.text) == (404, "off: set SHOPIFY_WEBHOOK_SECRET")
    assert woo_says(shut, "order.created", WOO).status_code == 404
    shut.extensions["drumbeat"].db.client.close()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b"[" * 100_000, "no JSON"),
        ({"name": "#1"}, "no order: it has no id"),
        ({"id": 1}, "no phone number in it"),
    ],
)
def test_what_says_nothing_to_us_is_answered_with_the_reason(
    app: Flask, db: mongo.Db, body: Any, says: str
) -> None:
    for answer in (shopify_says(app, "orders/paid", body), woo_says(app, "order.updated", body)):
        if body == {"id": 1} and answer.text == "":
            continue  # of its status, WooCommerce said nothing
        assert (answer.status_code, says in answer.text) == (200, True), answer.text
    assert db.inbox.count_documents({}) == 0


def test_a_trial_tells_nobody(app: Flask, db: mongo.Db) -> None:
    assert shopify_says(app, "orders/paid", ORDER, **{shopify.TRIAL: "true"}).status_code == 200
    assert db.inbox.count_documents({}) == 0


def test_a_body_beyond_measure_is_refused(app: Flask) -> None:
    assert shopify_says(app, "orders/paid", b" " * (3 * 1024 * 1024 + 1)).status_code == 413


def test_what_cannot_be_kept_is_refused_so_that_it_comes_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> int:
        raise mongo.StoreError("away")

    monkeypatch.setattr("store.inbox.journal", away)
    assert shopify_says(app, "orders/paid", ORDER).status_code == 503


def test_a_checkout_is_left_when_nobody_touched_it_for_an_hour(app: Flask, db: mongo.Db) -> None:
    for topic in ("checkouts/create", "checkouts/update", "checkouts/update"):
        assert shopify_says(app, topic, CHECKOUT).status_code == 200
    strike(app, minutes=59)
    assert names(db) == []

    strike(app, minutes=61)
    shopify_says(app, "checkouts/update", CHECKOUT, "d9")
    strike(app, hours=3)

    [item] = journaled(db)
    assert (item["event"], item["wa_id"]) == ("checkout_abandoned", ASHA)
    assert item["properties"]["checkout_url"] == CHECKOUT["abandoned_checkout_url"]


@pytest.mark.parametrize("how", ["ordered", "completed"])
def test_a_checkout_that_was_completed_was_not_left(app: Flask, db: mongo.Db, how: str) -> None:
    shopify_says(app, "checkouts/update", CHECKOUT)
    if how == "ordered":
        shopify_says(app, "orders/create", ORDER)
    else:
        done = {**CHECKOUT, "completed_at": "2026-11-24T12:00:00Z"}
        shopify_says(app, "checkouts/update", done)

    strike(app, hours=3)

    assert "checkout_abandoned" not in names(db)
    assert db.fires.count_documents({}) == 0


def test_who_was_erased_left_no_checkout(app: Flask, db: mongo.Db) -> None:
    make_contact(db, ASHA)
    shopify_says(app, "checkouts/update", CHECKOUT)
    fire = db.fires.find_one({})
    assert fire is not None

    erasure.erase(db, Identity(wa_id=ASHA), datetime.now(UTC))
    later.journal_due(rt_of(app), [fire], datetime.now(UTC))  # type: ignore[list-item]  # a fire

    assert db.fires.count_documents({}) == 0
    assert db.inbox.count_documents({}) == 0


def test_an_order_of_woocommerces_is_told_once_for_each_thing_it_becomes(
    app: Flask, db: mongo.Db
) -> None:
    woo_says(app, "order.created", {**WOO, "status": "pending"})
    for status in ("processing", "processing", "completed", "completed"):
        assert woo_says(app, "order.updated", {**WOO, "status": status}).status_code == 200

    assert names(db) == ["order_created", "order_fulfilled", "order_paid"]
    told = journaled(db)[0]["properties"]
    assert (told["total"], told["items"], told["quantity"], told["order"]) == (
        1403, ["Clay pot", "Pan"], 3, "727",
    )  # fmt: skip
    strike(app, hours=2)
    assert len(names(db)) == 3, "it was paid, and not left"


@pytest.mark.parametrize("status", ["pending", "failed", "checkout-draft"])
def test_an_order_of_woocommerces_that_stays_unpaid_was_left(
    app: Flask, db: mongo.Db, status: str
) -> None:
    woo_says(app, "order.updated", {**WOO, "status": status})

    strike(app, hours=2)

    assert names(db) == ["checkout_abandoned"]
    assert journaled(db)[0]["properties"]["checkout_url"] == WOO["payment_url"]


def test_woocommerce_asks_whether_somebody_is_there(app: Flask, db: mongo.Db) -> None:
    answer = app.test_client().post(
        "/webhooks/woocommerce",
        data=b"webhook_id=7",
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 200
    assert db.inbox.count_documents({}) == 0


@pytest.mark.parametrize("given", ["30s", "8d", "soon"])
def test_when_a_checkout_counts_as_left_is_within_bounds(settings: Settings, given: str) -> None:
    with pytest.raises(SettingsError, match="CHECKOUT_ABANDONED_AFTER"):
        config_settings.load(
            _env_file=None,
            **{
                **settings.model_dump(),
                "whatsapp_app_secret": "test-app-secret",
                "checkout_abandoned_after": given,
            },
        )


KEYS = sorted({key for file in FILES.values() for key in file} | {"token", "completed_at", "meta"})
bodies = st.dictionaries(
    st.sampled_from(KEYS),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*KEYS, "quantity", "phone", "code"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    ),
    max_size=8,
)
TOPICS = ["orders/create", "checkouts/update", "customers/create", "order.updated",
          "order.created", "customer.created", "x"]  # fmt: skip


@examples(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies, st.sampled_from(TOPICS), st.text(max_size=20))
def test_whatever_a_body_holds_it_is_an_event_or_a_reason(
    body: dict[str, Any], topic: str, source: str
) -> None:
    reads: list[Callable[[], shop.Said]] = [
        partial(shopify.read, topic, body, "d", source),
        partial(woocommerce.read, topic, body, source),
    ]
    for read in reads:
        try:
            said = read()
        except shop.UnreadableError:
            continue
        for one in said.told:
            who = shop.person(one, "IN")
            assert who is None or who.wa_id is not None
            assert json.dumps(dict(one.properties), allow_nan=False)
            assert one.key


def test_the_people_of_the_files_are_ours() -> None:
    told = shopify.read("customers/create", FILES["shopify_customer"], "d", "s").told[0]
    assert shop.person(told, "IN") == Identity(wa_id=BILAL)
