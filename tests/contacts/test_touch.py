"""A phone number, a BSUID or both lead to one contact, and what was two becomes one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bson import ObjectId

from contacts import consent, touch
from contacts.identity import Identity
from store import mongo
from store.documents.contact import Contact
from store.documents.suppression import Scope
from tests.clock import NOW

PHONE, BSUID = "919812345670", "IN.13491208655302741918"


def find(db: mongo.Db, wa_id: str | None, bsuid: str | None = None, name: str = "Asha") -> Contact:
    return touch.find_or_make(db, Identity(wa_id, bsuid), name=name, username=None, now=NOW)


def test_each_name_of_a_person_finds_the_same_contact(db: mongo.Db) -> None:
    both = find(db, PHONE, BSUID)

    assert find(db, PHONE)["_id"] == both["_id"]
    assert find(db, None, BSUID)["_id"] == both["_id"]
    assert db.contacts.count_documents({}) == 1


def test_two_contacts_that_are_one_person_are_joined(db: mongo.Db) -> None:
    phone, hidden = find(db, PHONE), find(db, None, BSUID)
    db.contacts.update_one({"_id": phone["_id"]}, {"$set": {"attributes": {"city": "Pune"}}})
    db.contacts.update_one(
        {"_id": hidden["_id"]},
        {"$set": {"attributes": {"city": "Goa", "vip": True}, "segments": ["readers"]}},
    )
    db.deliveries.insert_one({"contact_id": hidden["_id"], "cause": "x", "step": 0})
    consent.suppress(
        db,
        Identity(None, BSUID),
        scope=Scope.ALL,
        until=None,
        source="keyword",
        reason=None,
        evidence=None,
        now=NOW,
    )

    joined = find(db, PHONE, BSUID)

    assert db.contacts.count_documents({}) == 1
    assert joined["_id"] == phone["_id"]
    assert joined["attributes"] == {"city": "Pune", "vip": True}
    assert joined["segments"] == ["readers"]
    assert db.deliveries.count_documents({"contact_id": phone["_id"]}) == 1
    assert consent.standing_scope(db, Identity(PHONE), NOW) is Scope.ALL


def test_eight_at_once_make_one(db: mongo.Db) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: find(db, PHONE, BSUID)["_id"], range(16)))

    assert len(set(made)) == 1
    assert db.contacts.count_documents({}) == 1


def test_a_name_that_an_import_gave_stays(db: mongo.Db) -> None:
    find(db, PHONE, name="Asha Kulkarni")

    assert find(db, PHONE, name="ashaaa ✨")["name"] == "Asha Kulkarni"


def test_an_old_message_does_not_shorten_the_window(db: mongo.Db) -> None:
    contact = touch.heard_from(db, find(db, PHONE), NOW, NOW)
    contact = touch.heard_from(db, contact, NOW - timedelta(hours=5), NOW)

    assert contact["window_until"] == NOW.replace(microsecond=0) + timedelta(hours=24)


def test_a_new_number_takes_its_suppressions_along(db: mongo.Db) -> None:
    contact = find(db, PHONE)
    consent.suppress(
        db,
        Identity(PHONE),
        scope=Scope.ALL,
        until=None,
        source="keyword",
        reason=None,
        evidence=None,
        now=NOW,
    )

    moved = touch.changed_identity(db, contact, Identity("919812345699"), NOW)

    assert (moved["_id"], moved["wa_id"]) == (contact["_id"], "919812345699")
    assert consent.standing_scope(db, Identity("919812345699"), NOW) is Scope.ALL


def test_a_new_number_that_was_somebody_already_is_joined(db: mongo.Db) -> None:
    old, new = find(db, PHONE), find(db, "919812345699")

    moved = touch.changed_identity(db, old, Identity("919812345699"), NOW)

    assert db.contacts.count_documents({}) == 1
    assert moved["_id"] == old["_id"]
    assert db.contacts.find_one({"_id": new["_id"]}) is None
    assert isinstance(moved["_id"], ObjectId)
