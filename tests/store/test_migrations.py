"""Changes of shape, on documents of the shape before."""

from datetime import timedelta

from config.settings import Settings
from store import attributes, contacts, due, mongo, recount
from store.documents.delivery import DeliveryStatus, stage_of
from store.migrations import (
    m20261124_behaviour_by_campaign,
    m20261124_roles,
    m20261124_run_days,
    m20261124_segments,
    m20261124_stages,
    m20261124_typed_attributes,
    m20261124_what_contacts_did,
)
from tests.clock import NOW
from tests.makers import ASHA, BILAL, CHEN, delivery, make_contact
from tests.reports import rows

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
    assert found[asha["_id"]]["did"] == {
        "diwali": {"delivered": NOW, "read": LATER, "replied": LATER, "clicked": LATER}
    }
    assert found[bilal["_id"]]["did"] == {"diwali": {"failed": NOW}}
    assert [one["had"] for one in found.values()] == [["diwali"], ["diwali"]]


def test_what_was_kept_as_a_list_is_kept_by_campaign(db: mongo.Db, settings: Settings) -> None:
    asha, chen = make_contact(db, ASHA), make_contact(db, CHEN)
    was = [
        {"k": "old:read", "at": NOW},
        {"k": "diwali:delivered", "at": NOW},
        {"k": "diwali:read", "at": LATER},
    ]
    db.contacts.update_one({"_id": asha["_id"]}, {"$set": {"did": was}})
    db.contacts.create_index([("did.k", 1)], sparse=True, name="did")

    m20261124_behaviour_by_campaign.apply(db, settings)
    m20261124_behaviour_by_campaign.apply(db, settings)

    found = contacts.by_ids(db, [asha["_id"], chen["_id"]])
    assert found[asha["_id"]]["did"] == {
        "old": {"read": NOW}, "diwali": {"delivered": NOW, "read": LATER},
    }  # fmt: skip
    assert found[asha["_id"]]["had"] == ["old", "diwali"]
    assert "did" not in found[chen["_id"]]
    assert "did" not in db.contacts.index_information()


def test_deliveries_of_an_older_release_get_their_stage(db: mongo.Db, settings: Settings) -> None:
    rows = [
        delivery(cause=f"event:{status}", status=status, wamid=f"wamid.{status}")
        for status in DeliveryStatus
    ]
    mongo.deliveries(db).insert_many(rows)
    db.deliveries.update_many({}, {"$unset": {"stage": ""}})
    lease = {"token": "t", "until": NOW}
    db.deliveries.update_one({"status": "sending"}, {"$set": {"lease": lease}})

    m20261124_stages.apply(db, settings)
    m20261124_stages.apply(db, settings)

    for row in db.deliveries.find():
        assert row["stage"] == stage_of(row["status"])
    [lost] = due.adrift(db, due.over(db, LATER, 10))
    assert lost["status"] == "sending"


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


def test_whoever_could_sign_in_becomes_an_admin(db: mongo.Db, settings: Settings) -> None:
    db.users.insert_many([{"_id": "Asha"}, {"_id": "Chen", "role": "viewer"}])

    for _ in range(2):
        m20261124_roles.apply(db, settings)

    assert {user["_id"]: user["role"] for user in db.users.find()} == {
        "Asha": "admin",
        "Chen": "viewer",
    }


def test_a_run_of_before_gets_its_days(db: mongo.Db, settings: Settings) -> None:
    rows.campaign(db)
    run = rows.run(db)
    rows.brought(db, run, DeliveryStatus.READ)
    db.run_days.drop()

    m20261124_run_days.apply(db, settings)
    m20261124_run_days.apply(db, settings)

    found = recount.of_run(db, run["_id"])
    assert found is not None
    assert found.days_said
    assert (found.differences(), found.days_differences()) == ({}, {})
