"""A contact remembers what became of campaigns' messages, and never anything else than the
deliveries say."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from store import behaviour, contacts, deliveries, mongo
from store.deliveries import Move
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus
from tests.clock import NOW
from tests.makers import ASHA, BILAL, delivery, make_contact

LATER = NOW + timedelta(hours=1)
DELIVERED, READ, FAILED = DeliveryStatus.DELIVERED, DeliveryStatus.READ, DeliveryStatus.FAILED


@pytest.fixture
def asha(db: mongo.Db) -> Contact:
    return make_contact(db, ASHA)


def owed(db: mongo.Db, to: Contact, **fields: Any) -> Delivery:
    row = delivery(contact_id=to["_id"], campaign="diwali", wamid=None, **fields)
    mongo.deliveries(db).insert_one(row)
    return row


def remembered(db: mongo.Db, who: ObjectId) -> dict[str, datetime]:
    contact = contacts.by_ids(db, [who])[who]
    assert set(contact.get("had", [])) >= set(contact.get("did", {}))
    return {
        f"{campaign}:{what}": at
        for campaign, known in contact.get("did", {}).items()
        for what, at in known.items()
    }


def test_what_is_reported_is_remembered(db: mongo.Db, asha: Contact) -> None:
    row = owed(db, asha)

    deliveries.move(
        db, [Move(row, READ, {"times": {**row["times"], "delivered": NOW, "read": LATER}})]
    )

    assert remembered(db, asha["_id"]) == {"diwali:delivered": NOW, "diwali:read": LATER}


def test_who_read_has_also_got_it(db: mongo.Db, asha: Contact) -> None:
    row = owed(db, asha)

    deliveries.move(db, [Move(row, READ, {"times": {**row["times"], "read": LATER}})])

    assert remembered(db, asha["_id"]) == {"diwali:delivered": LATER, "diwali:read": LATER}


def test_a_late_delivered_does_not_change_when_it_was_read(db: mongo.Db, asha: Contact) -> None:
    row = owed(db, asha, status=READ, times={"read": NOW})

    deliveries.move(db, [Move(row, READ, {"times": {"read": NOW, "delivered": NOW}})])

    assert remembered(db, asha["_id"]) == {}


def test_what_is_accepted_or_sent_costs_the_contact_nothing(db: mongo.Db, asha: Contact) -> None:
    row = owed(db, asha)

    deliveries.move(db, [Move(row, DeliveryStatus.SENT, {"times": {**row["times"], "sent": NOW}})])

    assert "had" not in contacts.by_ids(db, [asha["_id"]])[asha["_id"]]


def test_replies_and_clicks_are_remembered(db: mongo.Db, asha: Contact) -> None:
    row = owed(db, asha)

    deliveries.move(
        db, [Move(row, DeliveryStatus.ACCEPTED, {"reply": {"at": LATER}}, clicks=("YES",))]
    )

    assert remembered(db, asha["_id"]) == {"diwali:replied": LATER, "diwali:clicked": LATER}


def test_a_click_without_a_time_is_now(db: mongo.Db, asha: Contact) -> None:
    row = owed(db, asha)

    deliveries.move(db, [Move(row, DeliveryStatus.ACCEPTED, clicks=("YES",))])
    deliveries.move(db, [Move(row, DeliveryStatus.ACCEPTED, clicks=("NO",), at=NOW)])

    assert remembered(db, asha["_id"]).keys() == {"diwali:clicked"}


def test_what_failed_and_arrived_did_not_fail(db: mongo.Db, asha: Contact) -> None:
    row = owed(db, asha)
    deliveries.move(db, [Move(row, FAILED, {"times.failed": NOW})])
    assert remembered(db, asha["_id"]) == {"diwali:failed": NOW}
    row = deliveries.find(db, [row["_id"]])[row["_id"]]

    deliveries.move(db, [Move(row, DELIVERED, {"times.delivered": LATER})])

    assert remembered(db, asha["_id"]) == {"diwali:delivered": LATER}


def test_the_latest_time_stands_whatever_order_things_are_written_in(
    db: mongo.Db, asha: Contact
) -> None:
    new, old = owed(db, asha), owed(db, asha, cause="event:2:rule:hi")
    deliveries.move(db, [Move(new, DELIVERED, {"times.delivered": LATER})])

    deliveries.move(db, [Move(old, DELIVERED, {"times.delivered": NOW})])

    assert remembered(db, asha["_id"]) == {"diwali:delivered": LATER}


def test_what_meta_said_is_remembered_whoever_moves_the_delivery(
    db: mongo.Db, asha: Contact
) -> None:
    row = owed(db, asha)

    deliveries.move(db, [Move(row, DELIVERED, {"times.delivered": NOW}, guard={"wamid": "other"})])

    assert remembered(db, asha["_id"]) == {"diwali:delivered": NOW}


def test_a_failure_that_does_not_hold_is_not_remembered(db: mongo.Db, asha: Contact) -> None:
    row = owed(db, asha)

    deliveries.move(db, [Move(row, FAILED, {"times.failed": NOW}, guard={"wamid": "other"})])

    assert remembered(db, asha["_id"]) == {}


def test_replies_of_rules_are_no_campaigns(db: mongo.Db, asha: Contact) -> None:
    row = delivery(contact_id=asha["_id"])

    assert behaviour.of_move(Move(row, DELIVERED, {"times.delivered": NOW})) is None


def test_only_the_last_things_are_remembered(
    db: mongo.Db, asha: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behaviour, "MOST", 3)
    for name in ("a", "b", "c", "a", "d"):
        news = behaviour.News(name, {"read": NOW})
        mongo.contacts(db).update_one({"_id": asha["_id"]}, behaviour.change([news]))
    people = contacts.by_ids(db, [asha["_id"]])

    assert behaviour.trim(db, people.values()) == 1

    assert remembered(db, asha["_id"]).keys() == {"b:read", "c:read", "d:read"}
    assert contacts.by_ids(db, [asha["_id"]])[asha["_id"]]["had"] == ["b", "c", "d"]
    assert behaviour.trim(db, contacts.by_ids(db, [asha["_id"]]).values()) == 0


def test_a_status_for_somebody_who_was_joined_meanwhile_is_remembered(
    db: mongo.Db, asha: Contact
) -> None:
    other = make_contact(db, BILAL, did={"old": {"read": NOW}}, had=["old"])
    row = owed(db, other)
    contacts.take_over(db, asha["_id"], other, {"$set": {"name": "Asha"}})

    deliveries.move(db, [Move(row, DELIVERED, {"times.delivered": LATER})])

    assert remembered(db, asha["_id"]) == {"old:read": NOW, "diwali:delivered": LATER}


def test_a_status_for_somebody_who_was_erased_moves_the_delivery_alone(
    db: mongo.Db, asha: Contact
) -> None:
    row = owed(db, asha)
    contacts.delete(db, asha["_id"])

    assert deliveries.move(db, [Move(row, DELIVERED, {"times.delivered": NOW})]) == {row["_id"]}
