"""Whoever is erased is found nowhere afterwards, and still gets no message."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import bson
import pytest
from bson import ObjectId

from contacts import consent, erasure
from contacts.identity import Identity, who_key
from contacts.touch import new_contact
from store import contacts, deliveries, due, events, inbox, mongo
from store.documents.contact import Contact
from store.documents.delivery import Claim, Delivery, DeliveryStatus, Purpose, stage_of
from store.documents.inbox import InboxItem, InboxKind, InboxState
from store.documents.suppression import Scope
from tests.clock import NOW
from tests.makers import make_contact

ASHA, BILAL = "919812345670", "919812345671"
BSUID = "IN.1349120865530274"
NAME = "Asha Deshpande"
WHOLE = Identity(ASHA, BSUID)


def wamid_of(wa_id: str, tail: str = "8A1") -> str:
    """As Meta makes them: the phone number stands in it, in base64."""
    return "wamid." + base64.b64encode(b"\x1c\x18\x0c" + wa_id.encode() + tail.encode()).decode()


def traces(wa_id: str) -> Iterator[bytes]:
    yield wa_id.encode()
    for shift in range(3):
        # Only the letters that do not depend on what stands before and after.
        whole = base64.b64encode(b"x" * shift + wa_id.encode()).rstrip(b"=")
        yield whole[4 if shift else 0 : -1]


def everything(db: mongo.Db) -> bytes:
    return b"".join(
        bson.encode(row) for name in db.list_collection_names() for row in db[name].find()
    )


def found_in(db: mongo.Db) -> list[bytes]:
    whole = everything(db)
    return [trace for trace in (*traces(ASHA), NAME.encode(), BSUID.encode()) if trace in whole]


def delivery(
    contact: Contact, status: DeliveryStatus, run_id: ObjectId | None, number: int
) -> Delivery:
    wamid = wamid_of(ASHA, f"S{number:02}") if status is DeliveryStatus.READ else None
    return {
        "_id": ObjectId(),
        "cause": f"event:{wamid_of(ASHA, f'C{number:02}')}:campaign:price_list",
        "contact_id": contact["_id"],
        "step": 0,
        "purpose": Purpose.ANSWER,
        "campaign": "price_list",
        "run_id": run_id,
        "category": "marketing",
        "message": {"type": "text", "text": {"body": f"Dear {NAME}"}},
        "ignores": [],
        "status": status,
        "stage": stage_of(status),
        "status_at": NOW,
        "due_at": NOW + timedelta(hours=1),
        "attempts": 0,
        "lease": None,
        "wamid": wamid,
        "reason": None,
        "error": None,
        "times": {},
        "pricing": None,
        "reply": None,
        "clicks": [],
        "triggered_by": {"event_id": wamid_of(ASHA), "rule": "r", "rule_version": 1},
        "created_at": NOW,
    }


def journaled(number: str, **more: Any) -> InboxItem:
    item: dict[str, Any] = {
        "_id": wamid_of(ASHA, number),
        "kind": InboxKind.MESSAGE,
        "shard": 3,
        "who": "",
        "at": NOW,
        "received_at": NOW,
        "payload": json.dumps({"from": ASHA, "from_user_id": BSUID, "name": NAME}),
        "state": InboxState.DONE,
        "tries": 1,
        **more,
    }
    return item  # type: ignore[return-value]  # a TypedDict is made of parts here


@pytest.fixture
def run_id(db: mongo.Db) -> ObjectId:
    run_id = ObjectId()
    mongo.runs(db).insert_one(
        {
            "_id": run_id, "campaign": "price_list", "version": 1, "number": 1, "started_at": NOW,
            "ended_at": None, "counters": {}, "tallies": {},
        }
    )  # fmt: skip
    return run_id


@pytest.fixture
def asha(db: mongo.Db, run_id: ObjectId) -> Contact:
    """Asha, with everything we may ever hold of somebody."""
    contact = new_contact(WHOLE, NAME, "message", NOW)
    contact["attributes"] = {"city": "Pune"}
    assert contacts.insert(db, contact)
    for number, status in enumerate([DeliveryStatus.PENDING] * 3 + [DeliveryStatus.READ]):
        deliveries.owe(db, delivery(contact, status, run_id, number))
    answered = delivery(contact, DeliveryStatus.READ, None, 9)
    answered["reply"] = {
        "at": NOW, "wamid": wamid_of(ASHA, "R1"), "attribution": "exact", "button": None,
        "text": f"I am {NAME}",
    }  # fmt: skip
    deliveries.owe(db, answered)
    events.keep(
        db,
        [{
            "_id": wamid_of(ASHA), "name": "message", "contact_id": contact["_id"], "at": NOW,
            "recorded_at": NOW, "text": f"call {ASHA}", "button": None, "message_type": "text",
            "campaign": None, "delivery_id": None, "properties": {}, "handled": None,
            "decision": None, "actions": [],
        }],
    )  # fmt: skip
    inbox.journal(
        db,
        [
            journaled("J1", who=who_key(WHOLE)),
            journaled("J2", who=who_key(Identity(bsuid=BSUID)), state=InboxState.NEW),
            journaled("J3", who=who_key(WHOLE), state=InboxState.PARKED, wamid=wamid_of(ASHA)),
            journaled("J4", who=who_key(WHOLE), state=InboxState.DEAD, reason="no"),
            journaled("J5", state=InboxState.DEAD, reason="cannot be read"),
            {
                **journaled("", state=InboxState.DEAD), "_id": "sha:1", "payload": "",
                "kind": InboxKind.UNREADABLE, "raw": f"{{{ASHA}".encode(),
            },
        ],
    )  # fmt: skip
    consent.suppress(
        db, WHOLE, scope=Scope.ALL, until=None, source="keyword",
        reason=f"{NAME} said stop", evidence=wamid_of(ASHA), now=NOW,
    )  # fmt: skip
    return contact


def test_nothing_of_an_erased_person_is_found_anywhere(db: mongo.Db, asha: Contact) -> None:
    assert len(found_in(db)) == 4 + 2 - 2  # of the three shifts of base64, Meta's is one

    assert erasure.erase(db, Identity(ASHA), NOW)

    assert found_in(db) == []


def test_whoever_is_known_by_bsuid_is_erased_with_their_phone(db: mongo.Db, asha: Contact) -> None:
    assert erasure.erase(db, Identity(bsuid=BSUID), NOW)

    assert found_in(db) == []


def test_a_do_not_disturb_outlives_the_person(db: mongo.Db, asha: Contact) -> None:
    erasure.erase(db, Identity(ASHA), NOW)

    for identity in (Identity(ASHA), Identity(bsuid=BSUID)):
        assert consent.standing_scope(db, identity, NOW) == Scope.ALL


def test_what_was_owed_is_skipped_and_the_numbers_add_up(
    db: mongo.Db, asha: Contact, run_id: ObjectId
) -> None:
    erasure.erase(db, Identity(ASHA), NOW)

    run = mongo.runs(db).find_one({"_id": run_id})
    assert run is not None
    counted = {status: count for status, count in run["counters"].items() if count}
    assert counted == {"skipped": 3, "read": 1} == deliveries.count_by_status(db, run_id)
    assert run["tallies"] == {"skipped": {"erased": 3}}


def test_an_erased_delivery_that_was_never_answered_has_no_answer(
    db: mongo.Db, asha: Contact
) -> None:
    erasure.erase(db, Identity(ASHA), NOW)

    replies = [row["reply"] for row in mongo.deliveries(db).find({"contact_id": asha["_id"]})]
    assert [reply and reply["at"] for reply in replies].count(NOW) == 1
    assert replies.count(None) == 4


def test_a_sender_that_holds_a_message_does_not_write_its_wamid_back(
    db: mongo.Db, asha: Contact
) -> None:
    row = delivery(asha, DeliveryStatus.SENDING, None, 20)
    row["lease"] = {"token": "ours", "until": NOW + timedelta(minutes=1)}
    deliveries.owe(db, row)
    claimed: Claim = {"_id": "ours", "ids": [row["_id"]], "until": NOW}

    erasure.erase(db, Identity(ASHA), NOW)
    late = deliveries.Move(
        row,
        DeliveryStatus.ACCEPTED,
        fields={"wamid": wamid_of(ASHA), "lease": None},
        guard={"lease.token": "ours"},
    )

    assert deliveries.move(db, [late]) == set()
    assert found_in(db) == []
    assert [one["_id"] for one in due.adrift(db, [claimed])] == [row["_id"]]


def test_erasing_again_finds_nobody_and_changes_nothing(db: mongo.Db, asha: Contact) -> None:
    erasure.erase(db, Identity(ASHA), NOW)
    before = everything(db)

    assert not erasure.erase(db, Identity(ASHA), NOW + timedelta(days=1))
    assert everything(db) == before


def test_an_erasure_that_was_stopped_is_finished_by_the_next(
    db: mongo.Db, asha: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(contacts, "delete", stopped)
        with pytest.raises(KeyboardInterrupt):
            erasure.erase(db, Identity(ASHA), NOW)

    assert erasure.erase(db, Identity(ASHA), NOW)
    assert found_in(db) == []


def test_nobody_else_is_touched(db: mongo.Db, asha: Contact) -> None:
    bilal = new_contact(Identity(BILAL), "Bilal", "message", NOW)
    contacts.insert(db, bilal)
    inbox.journal(
        db, [{**journaled("B1", who=who_key(Identity(BILAL))), "_id": "b", "payload": BILAL}]
    )

    erasure.erase(db, Identity(ASHA), NOW)

    assert contacts.by_ids(db, [bilal["_id"]]) == {bilal["_id"]: bilal}
    assert db.inbox.count_documents({"_id": "b"}) == 1


def test_somebody_of_whom_only_the_journal_knows_is_erased_too(db: mongo.Db) -> None:
    inbox.journal(db, [journaled("J1", who=who_key(Identity(ASHA)))])

    assert erasure.erase(db, Identity(ASHA), NOW)
    assert found_in(db) == []


def test_what_waits_for_an_erased_person_is_gone(db: mongo.Db) -> None:
    contact = make_contact(db)
    db.fires.insert_one({"_id": "f", "subject": {"contact_id": contact["_id"]}})

    erasure.erase(db, Identity(contact["wa_id"]), NOW)

    assert db.fires.count_documents({}) == 0


def test_what_was_written_for_a_contact_that_is_joined_goes_too(
    db: mongo.Db, asha: Contact
) -> None:
    gone = ObjectId()
    db.joined_contacts.insert_one({"_id": gone, "into": asha["_id"]})
    db.joined_contacts.insert_one({"_id": (before := ObjectId()), "into": gone})
    for contact_id in (gone, before):
        db.events.insert_one({"_id": str(contact_id), "contact_id": contact_id, "text": NAME})

    erasure.erase(db, Identity(ASHA), NOW)

    assert found_in(db) == []


def test_what_a_worker_writes_a_little_later_goes_within_seconds(
    db: mongo.Db, asha: Contact
) -> None:
    erasure.erase(db, Identity(ASHA), NOW)
    db.events.insert_one({"_id": wamid_of(ASHA), "contact_id": asha["_id"], "text": NAME})
    late = delivery(asha, DeliveryStatus.PENDING, None, 30)
    deliveries.owe(db, late)

    assert erasure.finish_due(db, NOW + timedelta(seconds=10)) == 1

    assert found_in(db) == []
    assert db.deliveries.count_documents({"status": "pending"}) == 0


@pytest.mark.parametrize(
    "row",
    [
        {"kind": InboxKind.OTHER, "payload": json.dumps({"item": {"group_id": "1", "from": ASHA}})},
        {"kind": InboxKind.OTHER, "payload": json.dumps({"item": {"user_id": BSUID}})},
        {"kind": InboxKind.STATUS, "payload": json.dumps({"item": {"id": wamid_of(ASHA, "P1")}}),
         "state": InboxState.PARKED, "wamid": wamid_of(ASHA, "P1")},
        {"kind": InboxKind.STATUS, "payload": json.dumps({"item": {"id": "wamid.S03="}})},
    ],
)  # fmt: skip
def test_rows_under_nobodys_name_that_name_the_person_go(
    db: mongo.Db, asha: Contact, row: dict[str, Any]
) -> None:
    mongo.deliveries(db).update_one({"wamid": {"$gt": ""}}, {"$set": {"wamid": "wamid.S03="}})
    inbox.journal(
        db,
        [
            {**journaled("N1", **row), "_id": "hers"},
            {**journaled("N2"), "_id": "of a template", "payload": "{}"},
        ],
    )

    erasure.erase(db, Identity(ASHA), NOW)

    assert [one["_id"] for one in db.inbox.find()] == ["of a template"]
    assert found_in(db) == []


def test_an_older_form_of_the_number_goes_too(db: mongo.Db) -> None:
    contact = make_contact(db, "525512345678")
    inbox.journal(db, [{**journaled("M"), "_id": "m", "payload": '{"from": "5215512345678"}'}])

    erasure.erase(db, Identity(contact["wa_id"]), NOW)

    assert db.inbox.count_documents({}) == 0


def test_what_meta_reports_later_goes_too(db: mongo.Db, asha: Contact) -> None:
    erasure.erase(db, Identity(ASHA), NOW)
    a_week_later = NOW + timedelta(days=7)
    erasure.finish_due(db, a_week_later)
    status = {"kind": InboxKind.STATUS, "who": who_key(WHOLE)}
    inbox.journal(db, [journaled("L1", **status)])

    erasure.finish_due(db, a_week_later + timedelta(hours=1))

    assert found_in(db) == []


def test_whoever_writes_again_after_an_erasure_is_heard(db: mongo.Db, asha: Contact) -> None:
    erasure.erase(db, Identity(ASHA), NOW)
    inbox.journal(db, [journaled("A1", who=who_key(WHOLE), state=InboxState.NEW)])

    erasure.finish_due(db, NOW + timedelta(minutes=1))

    assert db.inbox.count_documents({"state": "new"}) == 1


def test_after_a_month_nothing_is_remembered_of_an_erasure(db: mongo.Db, asha: Contact) -> None:
    erasure.erase(db, Identity(ASHA), NOW)

    erasure.finish_due(db, NOW + timedelta(days=32))

    assert db.erasures.count_documents({}) == 0


def test_whoever_was_never_known_leaves_nothing_to_look_for(db: mongo.Db) -> None:
    assert not erasure.erase(db, Identity(ASHA), NOW)

    assert db.erasures.count_documents({}) == 0
