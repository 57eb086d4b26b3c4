"""Changes of shape, on documents of the shape before."""

from datetime import timedelta

from config.settings import Settings
from store import attributes, contacts, mongo
from store.documents.delivery import DeliveryStatus
from store.migrations import (
    m20261124_segments,
    m20261124_typed_attributes,
    m20261124_what_contacts_did,
)
from tests.clock import NOW
from tests.makers import ASHA, BILAL, CHEN, delivery, make_contact

LATER = NOW + timedelta(hours=1)


def test_the_old_index_of_segments_goes_and_the_collection_comes(
    db: mongo.Db, settings: Settings
) -> None:
    db.contacts.create_index([("segments", 1)])
    db.segments.drop()

    m20261124_segments.apply(db, settings)
    m20261124_segments.apply(db, settings)

    assert "segments_1" not in db.contacts.index_information()
    assert "segments" in db.list_collection_names()


def test_contacts_remember_what_the_deliveries_say(db: mongo.Db, settings: Settings) -> None:
    asha, bilal = make_contact(db, ASHA), make_contact(db, BILAL)
    times = {"accepted": NOW, "delivered": NOW, "read": LATER}
    reply = {"at": LATER, "wamid": "w", "attribution": "exact", "button": "YES", "text": None}
    rows = [
        delivery(
            contact_id=asha["_id"], campaign="diwali", times=times, reply=reply, clicks=["YES"]
        ),
        delivery(
            contact_id=bilal["_id"], campaign="diwali", status=DeliveryStatus.FAILED, times={}
        ),
        delivery(contact_id=bilal["_id"], times=times, cause="event:2:rule:hi"),
    ]
    for row in rows:
        del row["wamid"]  # type: ignore[misc]  # unique where it is there
    mongo.deliveries(db).insert_many(rows)

    m20261124_what_contacts_did.apply(db, settings)
    m20261124_what_contacts_did.apply(db, settings)

    found = contacts.by_ids(db, [asha["_id"], bilal["_id"]])
    assert found[asha["_id"]]["did"] == [
        {"k": "diwali:delivered", "at": NOW},
        {"k": "diwali:read", "at": LATER},
        {"k": "diwali:replied", "at": LATER},
        {"k": "diwali:clicked", "at": LATER},
    ]
    assert found[bilal["_id"]]["did"] == [{"k": "diwali:failed", "at": NOW}]


def test_attributes_get_the_kind_that_most_of_their_values_are_of(
    db: mongo.Db, settings: Settings
) -> None:
    make_contact(db, ASHA, attributes={"n": 1, "born": "1990-01-31", "tags": ["a"], "vip": True})
    make_contact(db, BILAL, attributes={"n": 2.5, "born": "1990-02-28", "note": "", "pin": "0411"})
    make_contact(db, CHEN, attributes={"n": "three"})

    m20261124_typed_attributes.apply(db, settings)
    m20261124_typed_attributes.apply(db, settings)

    assert {row["_id"]: row["kind"] for row in attributes.every(db)} == {
        "born": "date",
        "n": "number",
        "note": "text",
        "pin": "text",
        "tags": "list",
        "vip": "boolean",
    }
