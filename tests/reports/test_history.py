"""One look-up tells why somebody did, or did not, get a message."""

import json
from datetime import timedelta

from bson import ObjectId

from reports import history
from store import events, mongo, suppressions
from store.documents.delivery import DeliveryStatus
from store.documents.event import EventRecord
from store.documents.suppression import Scope, SuppressionChange
from tests.clock import NOW
from tests.reports import rows


def _event(contact_id: ObjectId, minutes: int) -> EventRecord:
    return EventRecord(
        _id=f"message:{minutes}",
        name="message",
        contact_id=contact_id,
        at=NOW + timedelta(minutes=minutes),
        recorded_at=NOW,
        text="price",
        button=None,
        message_type="text",
        campaign=None,
        delivery_id=None,
        properties={},
        handled=None,
        decision={"rule_version": 3, "engine": "python", "intents": [], "rules": []},
        actions=[],
    )


def _stop(minutes: int) -> SuppressionChange:
    return SuppressionChange(
        at=NOW + timedelta(minutes=minutes),
        change="suppressed",
        scope=Scope.MARKETING,
        source="keyword",
        reason="STOP",
        until=None,
        evidence="wamid.stop",
    )


def test_nobody_has_no_history(db: mongo.Db) -> None:
    assert history.of_contact(db, ObjectId(), 10) == []


def test_why_bilal_did_not_get_it_stands_in_his_history(db: mongo.Db) -> None:
    rows.campaign(db)
    bilal = rows.contact(db, "919812345671", "Bilal")
    suppressions.suppress(db, ["wa_id:919812345671"], _stop(minutes=-10))
    rows.brought(db, rows.run(db), DeliveryStatus.SKIPPED, bilal["_id"])
    events.keep(db, [_event(bilal["_id"], minutes=5)])

    rows_ = history.of_contact(db, bilal["_id"], 10)

    assert [row["kind"] for row in rows_] == ["event", "delivery", "suppression"]
    assert (rows_[1]["status"], rows_[1]["reason"]) == ("skipped", "suppressed")
    assert rows_[2]["source"] == "keyword"
    json.dumps(rows_)


def test_a_change_kept_under_phone_and_bsuid_is_told_once(db: mongo.Db) -> None:
    asha = rows.contact(db, "919812345670", "Asha")
    db.contacts.update_one({"_id": asha["_id"]}, {"$set": {"bsuid": "IN.1"}})
    suppressions.suppress(db, ["wa_id:919812345670", "bsuid:IN.1"], _stop(minutes=0))

    assert len(history.of_contact(db, asha["_id"], 10)) == 1


def test_history_is_newest_first_and_no_longer_than_asked(db: mongo.Db) -> None:
    asha = rows.contact(db, "919812345670", "Asha")
    for minutes in (3, 1, 2):
        events.keep(db, [_event(asha["_id"], minutes)])

    found = history.of_contact(db, asha["_id"], 2)

    assert [row["id"] for row in found] == ["message:3", "message:2"]
