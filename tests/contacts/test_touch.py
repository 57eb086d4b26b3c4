"""A phone number, a BSUID or both lead to one contact, and what was two becomes one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from bson import ObjectId

from contacts import consent, touch
from contacts.identity import Identity, identify, parse_phone
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


@pytest.mark.parametrize(
    ("phones", "hiddens", "joined"),
    [
        (("unknown", 5), ("no", 0), "no"),
        (("unknown", 5), ("yes", 0), "yes"),
        (("yes", 5), ("unknown", 9), "yes"),
        (("yes", 0), ("no", 5), "no"),
        (("no", 5), ("yes", 0), "no"),
        (("no", 0), ("yes", 5), "yes"),
        (("unknown", 0), ("unknown", 5), "unknown"),
    ],
)
def test_of_two_that_are_joined_the_last_word_on_marketing_counts(
    db: mongo.Db, phones: tuple[str, int], hiddens: tuple[str, int], joined: str
) -> None:
    for contact, (state, day) in ((find(db, PHONE), phones), (find(db, None, BSUID), hiddens)):
        said = {"state": state, "source": "test", "at": NOW + timedelta(days=day)}
        db.contacts.update_one({"_id": contact["_id"]}, {"$set": {"consent": said}})

    assert find(db, PHONE, BSUID)["consent"]["state"] == joined


def test_the_window_of_two_that_are_joined_is_the_longer_one(db: mongo.Db) -> None:
    phone, hidden = find(db, PHONE), find(db, None, BSUID)
    touch.heard_from(db, phone, NOW - timedelta(hours=9), NOW)
    touch.heard_from(db, hidden, NOW, NOW)

    joined = find(db, PHONE, BSUID)

    assert joined["window_until"] == NOW + timedelta(hours=24)
    assert joined["last_inbound_at"] == NOW


def test_somebody_who_shows_their_number_later_stays_the_same_contact(db: mongo.Db) -> None:
    hidden = find(db, None, BSUID)

    shown = find(db, PHONE, BSUID)

    assert (shown["_id"], shown["wa_id"], shown["bsuid"]) == (hidden["_id"], PHONE, BSUID)


def test_a_stop_from_a_hidden_number_holds_once_the_number_is_known(db: mongo.Db) -> None:
    find(db, None, BSUID)
    consent.suppress(
        db, Identity(None, BSUID), scope=Scope.ALL, until=None, source="keyword", reason=None,
        evidence=None, now=NOW,
    )  # fmt: skip

    find(db, PHONE, BSUID)

    assert consent.standing_scope(db, Identity(PHONE), NOW) is Scope.ALL


def test_a_new_user_id_keeps_the_number_and_a_new_number_drops_the_old_user_id(
    db: mongo.Db,
) -> None:
    contact = find(db, PHONE, BSUID)

    renamed = touch.changed_identity(db, contact, Identity(None, "IN.2"), NOW)
    assert (renamed["wa_id"], renamed["bsuid"]) == (PHONE, "IN.2")

    moved = touch.changed_identity(db, renamed, Identity("919812345699"), NOW)
    assert (moved["wa_id"], moved["bsuid"]) == ("919812345699", None)


def test_a_new_number_and_a_user_id_that_were_two_others_are_all_joined(db: mongo.Db) -> None:
    one = find(db, PHONE)
    find(db, "919812345699")
    find(db, None, BSUID)

    moved = touch.changed_identity(db, one, Identity("919812345699", BSUID), NOW)

    assert db.contacts.count_documents({}) == 1
    assert (moved["_id"], moved["wa_id"], moved["bsuid"]) == (one["_id"], "919812345699", BSUID)


def test_a_username_is_kept_up_to_date_and_a_repeat_changes_nothing(db: mongo.Db) -> None:
    def seen(username: str, now: datetime) -> Contact:
        return touch.find_or_make(db, Identity(PHONE), name=None, username=username, now=now)

    seen("asha", NOW)
    renamed = seen("asha.k", NOW)
    again = seen("asha.k", NOW + timedelta(days=1))

    assert renamed["username"] == "asha.k"
    assert again["updated_at"] == renamed["updated_at"]


@pytest.mark.parametrize(
    ("imported", "written_from"),
    [("+52 55 1234 5678", "5215512345678"), ("+55 11 98765-4321", "551187654321")],
)
def test_somebody_who_writes_from_the_old_form_of_their_number_is_who_was_imported(
    db: mongo.Db, imported: str, written_from: str
) -> None:
    known = find(db, parse_phone(imported, "IN"))
    who = identify(written_from, None)
    assert who is not None

    writes = touch.find_or_make(db, who, name=None, username=None, now=NOW)

    assert writes["_id"] == known["_id"]
    assert db.contacts.count_documents({}) == 1
