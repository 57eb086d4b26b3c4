"""A batch at the gate: what each person was sent, suppressed for and asked, read together."""

from datetime import timedelta
from typing import Any

import pytest

from contacts import consent
from contacts.identity import Identity
from deliveries import check, lanes, outbox
from store import templates
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Delivery, Purpose
from store.documents.suppression import Scope
from tests.deliveries.conftest import Shop
from tests.makers import ASHA, BILAL, make_contact, order

YES = {"state": OptIn.YES, "source": "import"}


def owe(shop: Shop, contact: Contact, cause: str, **fields: Any) -> Delivery:
    given = {"purpose": Purpose.CAMPAIGN, "category": "marketing", "due_at": shop.now, **fields}
    return outbox.owe(shop.rt.db, order(contact, cause, **given), shop.now)[0]


@pytest.fixture
def asha(shop: Shop) -> Contact:
    return make_contact(
        shop.rt.db, ASHA, bsuid="IN.1", timezone="Asia/Kolkata", consent={**YES, "at": shop.now}
    )


def reasons(shop: Shop) -> list[str | None]:
    return [row["reason"] for row in shop.rt.db.deliveries.find({}).sort("due_at", 1)]


def suppress(shop: Shop, who: Identity, scope: Scope, **until: Any) -> None:
    given = {"until": None, "source": "keyword", "reason": None, "evidence": None, "now": shop.now}
    consent.suppress(shop.rt.db, who, scope=scope, **{**given, **until})


def test_two_offers_in_one_batch_are_one_too_many(shop: Shop, asha: Contact) -> None:
    owe(shop, asha, "event:1")
    owe(shop, asha, "event:2")

    shop.send()

    rows = sorted((r["status"], r["reason"]) for r in shop.rt.db.deliveries.find())
    assert rows == [("accepted", None), ("skipped", "frequency_cap")]


def test_an_offer_of_yesterday_counts_until_its_day_is_over(shop: Shop, asha: Contact) -> None:
    owe(shop, asha, "event:1")
    shop.send()

    shop.later(hours=23, minutes=59)
    assert shop.row(_sent(shop, owe(shop, asha, "event:2")))["reason"] == "frequency_cap"

    shop.later(minutes=1, seconds=1)
    assert shop.row(_sent(shop, owe(shop, asha, "event:3")))["status"] == "accepted"


def test_an_offer_in_doubt_counts_since_it_may_have_arrived(shop: Shop, asha: Contact) -> None:
    owe(shop, asha, "event:1")
    shop.next("timeout_before")
    shop.send()

    shop.later(hours=1)
    assert shop.row(_sent(shop, owe(shop, asha, "event:2")))["reason"] == "frequency_cap"


def test_an_offer_that_failed_does_not_count(shop: Shop, asha: Contact) -> None:
    owe(shop, asha, "event:1")
    shop.next(131026)
    shop.send()

    assert shop.row(_sent(shop, owe(shop, asha, "event:2")))["status"] == "accepted"


def _sent(shop: Shop, owed: Delivery) -> Delivery:
    shop.send()
    return owed


@pytest.mark.parametrize("who", [Identity(ASHA), Identity(None, "IN.1"), Identity(ASHA, "IN.1")])
def test_whichever_name_was_stopped_the_person_is_left_alone(
    shop: Shop, asha: Contact, who: Identity
) -> None:
    suppress(shop, who, Scope.ALL)
    owe(shop, asha, "event:1", category="utility")

    shop.send()

    assert reasons(shop) == ["suppressed"]
    assert shop.asked() == 0


def test_of_two_names_the_wider_scope_holds(shop: Shop, asha: Contact) -> None:
    suppress(shop, Identity(ASHA), Scope.MARKETING)
    suppress(shop, Identity(None, "IN.1"), Scope.ALL)
    owe(shop, asha, "event:1", category="utility")

    shop.send()

    assert reasons(shop) == ["suppressed"]


def test_a_suppression_that_ran_out_holds_nothing(shop: Shop, asha: Contact) -> None:
    suppress(shop, Identity(ASHA), Scope.ALL, until=shop.now + timedelta(days=30))
    owe(shop, asha, "event:1", due_at=shop.now + timedelta(days=30))
    shop.later(days=30)

    assert shop.send() == 1


def test_one_persons_stop_is_nobody_elses(shop: Shop, asha: Contact) -> None:
    bilal = make_contact(
        shop.rt.db, BILAL, timezone="Asia/Kolkata", consent={**YES, "at": shop.now}
    )
    suppress(shop, Identity(BILAL), Scope.ALL)
    owe(shop, asha, "event:1")
    owe(shop, bilal, "event:2")

    assert shop.send() == 1
    assert shop.rt.db.deliveries.find_one({"reason": "suppressed"})["contact_id"] == bilal["_id"]  # type: ignore[index]  # it is there


def test_at_night_it_waits_for_the_persons_own_morning_and_is_then_sent(
    shop: Shop, asha: Contact
) -> None:
    shop.later(hours=10)  # ten at night in Pune
    owed = owe(shop, asha, "event:1")

    assert shop.send() == 0
    row = shop.row(owed)
    assert (row["status"], row["reason"]) == ("pending", "quiet_hours")
    assert row["due_at"] == shop.now.replace(day=25, hour=2, minute=30)

    shop.now = row["due_at"]
    assert shop.send() == 1


def test_a_template_that_is_gone_is_named(shop: Shop, asha: Contact) -> None:
    owe(shop, asha, "event:1")
    templates.replace_all(shop.rt.db, [])

    shop.send()

    assert reasons(shop) == ["no_template"]


def test_somebody_who_was_erased_is_written_to_no_more(shop: Shop, asha: Contact) -> None:
    owe(shop, asha, "event:1")
    shop.rt.db.contacts.delete_one({"_id": asha["_id"]})

    shop.send()

    assert reasons(shop) == ["contact_gone"]


def test_recording_a_refusal_twice_changes_nothing(shop: Shop, asha: Contact) -> None:
    suppress(shop, Identity(ASHA), Scope.ALL)
    owed = owe(shop, asha, "event:1")
    batch = lanes.lease(shop.rt, shop.now, 10)
    refused = check.sort(shop.rt, batch, shop.now).refused
    check.record(shop.rt, refused, shop.now)
    first = shop.row(owed)

    check.record(shop.rt, refused, shop.now + timedelta(hours=1))

    assert shop.row(owed) == first
