"""Caps for each category, and which of two campaigns has the place that both want."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, service
from config.values import FrequencyCap
from deliveries import caps, check, outbox
from store.deliveries import Had
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Delivery, Purpose
from tests.deliveries.conftest import Shop
from tests.makers import ASHA, make_contact, order

DAY = timedelta(days=1)


@pytest.fixture
def asha(shop: Shop) -> Contact:
    said = {"state": OptIn.YES, "source": "import", "at": shop.now}
    return make_contact(shop.rt.db, ASHA, timezone="Asia/Kolkata", consent=said)


def owe(shop: Shop, contact: Contact, cause: str, **fields: Any) -> Delivery:
    given = {"purpose": Purpose.CAMPAIGN, "category": "marketing", "due_at": shop.now, **fields}
    return outbox.owe(shop.rt.db, order(contact, cause, **given), shop.now)[0]


def stands(shop: Shop) -> list[tuple[str, str | None]]:
    rows = shop.rt.db.deliveries.find().sort("_id", 1)
    return [(row["status"], row["reason"]) for row in rows]


def capped(shop: Shop, **given: FrequencyCap) -> None:
    setting(shop, frequency_caps=given)


def setting(shop: Shop, **given: Any) -> None:
    shop.rt = replace(shop.rt, settings=shop.rt.settings.model_copy(update=given))


def test_each_category_has_a_cap_of_its_own(shop: Shop, asha: Contact) -> None:
    capped(shop, utility=FrequencyCap(2, DAY), service=FrequencyCap(1, DAY))
    for place in range(3):
        owe(shop, asha, f"utility:{place}", category="utility")
    for place in range(2):
        owe(shop, asha, f"service:{place}", category="service")
    owe(shop, asha, "marketing")

    shop.send()

    assert [reason for _, reason in stands(shop)] == [
        None, None, "frequency_cap", None, "frequency_cap", None,
    ]  # fmt: skip


def test_what_answers_a_person_is_not_counted_against_a_cap(shop: Shop, asha: Contact) -> None:
    capped(shop, service=FrequencyCap(1, DAY))
    for place in range(3):
        owe(shop, asha, f"e:{place}", category="service", purpose=Purpose.REPLY)

    assert shop.send() == 3


def test_a_cap_looks_no_further_back_than_its_own_period(shop: Shop, asha: Contact) -> None:
    capped(shop, utility=FrequencyCap(1, timedelta(hours=1)))
    owe(shop, asha, "e:1", category="utility")
    shop.send()
    shop.later(hours=1, seconds=1)
    owe(shop, asha, "e:2", category="utility")

    assert shop.send() == 1


def campaign(shop: Shop, name: str, priority: int) -> str:
    document = {
        "type": "triggered", "trigger": {"event": "x"}, "priority": priority,
        "message": {"text": "Hello"}, "category": "marketing",
    }  # fmt: skip
    service.define(shop.rt.db, name, document, "asha", shop.now)
    life.start(shop.rt.db, name, "asha", shop.now)
    return name


def gate(shop: Shop, owed: Delivery) -> str | None:
    """What a sender that holds this message alone is told: another holds the rest."""
    refused = check.sort(shop.rt, [shop.row(owed)], shop.now).refused
    return refused[0][1].reason if refused else None


def test_a_lower_priority_lets_pass_what_another_sender_holds(shop: Shop, asha: Contact) -> None:
    low = owe(shop, asha, "e:1", campaign=campaign(shop, "news", 0))
    high = owe(shop, asha, "e:2", campaign=campaign(shop, "recall", 5))

    assert gate(shop, low) == "higher_priority"
    assert gate(shop, high) is None


def test_where_the_cap_has_room_for_both_neither_waits(shop: Shop, asha: Contact) -> None:
    setting(shop, marketing_cap=FrequencyCap(2, DAY))
    low = owe(shop, asha, "e:1", campaign=campaign(shop, "news", 0))
    owe(shop, asha, "e:2", campaign=campaign(shop, "recall", 5))

    assert gate(shop, low) is None


def test_nobody_waits_for_a_campaign_that_is_paused_or_not_due(shop: Shop, asha: Contact) -> None:
    low = owe(shop, asha, "e:1", campaign=campaign(shop, "news", 0))
    later = shop.now + timedelta(hours=1)
    owe(shop, asha, "e:2", campaign=campaign(shop, "recall", 5), due_at=later)
    assert gate(shop, low) is None

    owe(shop, asha, "e:3", campaign="recall")
    assert gate(shop, low) == "higher_priority"
    life.pause(shop.rt.db, "recall", "asha", shop.now)
    assert gate(shop, low) is None


def test_a_cap_on_nothing_asks_nothing(shop: Shop, asha: Contact) -> None:
    setting(shop, marketing_cap=None)
    owed = owe(shop, asha, "e:1")

    found = caps.had(shop.rt.db, [owed], check.policy(shop.rt.settings), shop.now)

    assert found[asha["_id"]] == Had()
