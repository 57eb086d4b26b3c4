"""What two contacts had belongs to the one they turn out to be: nothing waits for nobody."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, service, start, templates
from campaigns.start import Cause
from contacts import changes, consent, touch
from contacts.identity import Identity
from runtime import Runtime
from store import fires, mongo, news
from store.documents.contact import Contact
from store.documents.suppression import Scope
from tests.clock import NOW

PHONE, NEW_PHONE, BSUID = "919812345670", "919812345699", "IN.13491208655302741918"
DELAYED = {
    "type": "triggered",
    "delay": "30m",
    "message": {"template": "hello_world", "language": "en_US"},
}


def find(db: mongo.Db, wa_id: str | None, bsuid: str | None = None) -> Contact:
    return touch.find_or_make(db, Identity(wa_id, bsuid), name="Asha", username=None, now=NOW)


def suppress(db: mongo.Db, who: Identity, scope: Scope, **fields: Any) -> None:
    given = {"until": None, "source": "keyword", "reason": None, "evidence": None, "now": NOW}
    consent.suppress(db, who, scope=scope, **{**given, **fields})


@pytest.mark.parametrize("joined_by", ["message", "number change"])
def test_what_still_waits_for_either_is_sent_to_the_one(rt: Runtime, joined_by: str) -> None:
    templates.sync(rt, NOW)
    service.define(rt.db, "hello", DELAYED, "test", NOW)
    life.start(rt.db, "hello", "test", NOW)
    kept = find(rt.db, PHONE)
    gone = find(rt.db, None, BSUID) if joined_by == "message" else find(rt.db, NEW_PHONE)
    start.start_for(rt, "hello", gone, Cause(event_id="e:1", at=NOW, answer=False), NOW)

    if joined_by == "message":
        find(rt.db, PHONE, BSUID)
    else:
        touch.changed_identity(rt.db, kept, Identity(NEW_PHONE), NOW)
    now = NOW + timedelta(minutes=31)
    due = fires.claim_due(rt.db, now)
    assert due is not None
    start.fire(rt, due, now)

    (owed,) = rt.db.deliveries.find()
    assert owed["contact_id"] == kept["_id"]


@pytest.mark.parametrize("stopped", [Identity(PHONE), Identity(None, BSUID)])
@pytest.mark.parametrize("other_scope", [None, Scope.MARKETING])
def test_the_wider_scope_holds_for_both_names(
    db: mongo.Db, stopped: Identity, other_scope: Scope | None
) -> None:
    find(db, PHONE)
    find(db, None, BSUID)
    suppress(db, stopped, Scope.ALL)
    other = Identity(None, BSUID) if stopped.wa_id else Identity(PHONE)
    if other_scope is not None:
        suppress(db, other, other_scope)

    find(db, PHONE, BSUID)

    assert consent.standing_scope(db, Identity(PHONE), NOW) is Scope.ALL
    assert consent.standing_scope(db, Identity(None, BSUID), NOW) is Scope.ALL


def test_of_two_ends_the_later_one_holds(db: mongo.Db) -> None:
    find(db, PHONE)
    find(db, None, BSUID)
    suppress(db, Identity(PHONE), Scope.MARKETING, until=NOW + timedelta(days=1))
    suppress(db, Identity(None, BSUID), Scope.MARKETING, until=NOW + timedelta(days=9))

    find(db, PHONE, BSUID)

    later = NOW + timedelta(days=8)
    assert consent.standing_scope(db, Identity(PHONE), later) is Scope.MARKETING


def test_a_stop_that_is_over_does_not_hide_marketing_that_is_not(db: mongo.Db) -> None:
    """`all` for a day and `marketing` for good: after the day, marketing still stands."""
    find(db, PHONE)
    find(db, None, BSUID)
    suppress(db, Identity(PHONE), Scope.ALL, until=NOW - timedelta(days=1), now=NOW)
    suppress(db, Identity(None, BSUID), Scope.MARKETING)

    find(db, PHONE, BSUID)

    assert consent.standing_scope(db, Identity(PHONE, BSUID), NOW) is Scope.MARKETING


def test_a_number_change_keeps_the_history_of_each_name(db: mongo.Db) -> None:
    contact = find(db, PHONE)
    suppress(db, Identity(PHONE), Scope.ALL, evidence="wamid.1")

    touch.changed_identity(db, contact, Identity(NEW_PHONE), NOW)
    touch.changed_identity(db, contact, Identity(NEW_PHONE), NOW)  # safe to repeat

    rows = list(db.suppressions.find())
    assert {row["identity"] for row in rows} == {f"wa_id:{PHONE}", f"wa_id:{NEW_PHONE}"}
    assert [[line["evidence"] for line in row["history"]] for row in rows] == [["wamid.1"]] * 2


def test_the_window_and_the_opt_in_of_either_are_kept(db: mongo.Db) -> None:
    kept, gone = find(db, PHONE), find(db, None, BSUID)
    touch.heard_from(db, gone, NOW, NOW)
    said = {"state": "yes", "source": "import", "at": NOW}
    db.contacts.update_one({"_id": gone["_id"]}, {"$set": {"consent": said}})

    joined = find(db, PHONE, BSUID)

    assert joined["_id"] == kept["_id"]
    assert joined["window_until"] == NOW + timedelta(hours=24)
    assert joined["consent"]["state"] == "yes"


def test_what_is_to_be_told_of_either_is_told_of_the_one(db: mongo.Db) -> None:
    find(db, PHONE)
    gone = find(db, None, BSUID)
    told = changes.live("vip", entered=True, now=NOW, depth=0)
    news.turn(db, "vip", [(gone["_id"], True, told)])

    joined = find(db, PHONE, BSUID)

    assert [one["id"] for one in joined.get("news", [])] == [told["id"]]
    assert joined.get("in_live") == ["vip"]
