"""Many people met at once are met as they would have been one by one."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts import meeting, touch
from contacts.identity import Identity
from contacts.meeting import Sighting
from store import contacts, mongo
from store.documents.contact import Contact
from tests.clock import NOW
from tests.makers import make_contact

ASHA, BSUID = "919812345670", "IN.13491208655302741918"


def seen(wa_id: str | None = ASHA, bsuid: str | None = None, **more: Any) -> Sighting:
    return Sighting(Identity(wa_id, bsuid), **more)


def one_by_one(db: mongo.Db, sightings: list[Sighting]) -> None:
    for one in sightings:
        who = touch.find_or_make(db, one.identity, name=one.name, username=one.username, now=NOW)
        if one.wrote_at:
            touch.heard_from(db, who, one.wrote_at, NOW)


def shown(contact: Contact) -> dict[str, Any]:
    return {key: value for key, value in contact.items() if key != "_id"}


def everybody(db: mongo.Db) -> list[dict[str, Any]]:
    rows = db.contacts.find({}, {"_id": 0}).sort([("wa_id", 1), ("bsuid", 1)])
    return list(rows)


def test_one_person_seen_twice_is_one_contact_with_the_later_window(db: mongo.Db) -> None:
    first, second = meeting.meet(
        db,
        [
            seen(name="Asha", wrote_at=NOW),
            seen(username="asha", wrote_at=NOW + timedelta(minutes=1)),
        ],
        NOW,
    )

    assert first is second
    (row,) = everybody(db)
    assert shown(first) == row
    assert row["window_until"] == NOW + timedelta(hours=24, minutes=1)
    assert (row["name"], row["username"]) == ("Asha", "asha")


def test_a_window_is_never_shortened(db: mongo.Db) -> None:
    make_contact(db, wa_id=ASHA, window_until=NOW + timedelta(hours=20), last_inbound_at=NOW)

    (asha,) = meeting.meet(db, [seen(wrote_at=NOW - timedelta(hours=9))], NOW)

    assert asha["window_until"] == NOW + timedelta(hours=20)
    assert everybody(db)[0]["window_until"] == NOW + timedelta(hours=20)


def test_who_turns_out_to_be_one_person_is_one_for_all_sightings(db: mongo.Db) -> None:
    make_contact(db, wa_id=ASHA, bsuid=None)
    touch.find_or_make(db, Identity(None, BSUID), name=None, username=None, now=NOW)

    met = meeting.meet(
        db, [seen(None, BSUID, wrote_at=NOW), seen(ASHA, BSUID, wrote_at=NOW), seen()], NOW
    )

    assert len({contact["_id"] for contact in met}) == 1
    assert len(everybody(db)) == 1


def test_somebody_faster_with_a_new_person_is_no_second_contact(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = contacts.write_many

    def beaten(*args: Any) -> contacts.Written:
        monkeypatch.setattr(contacts, "write_many", real)
        make_contact(db, wa_id=ASHA, name="from a file")
        return real(*args)

    monkeypatch.setattr(contacts, "write_many", beaten)

    asha, chen = meeting.meet(db, [seen(wrote_at=NOW), seen("6591234567")], NOW)

    assert asha["name"] == "from a file"
    assert asha["window_until"] == NOW + timedelta(hours=24)
    assert chen["wa_id"] == "6591234567"
    assert len(everybody(db)) == 2


PHONES = st.sampled_from([None, ASHA, "6591234567"])
USERS = st.sampled_from([None, BSUID, "SG.1349120865530274"])
SIGHTINGS = st.lists(
    st.tuples(
        PHONES, USERS, st.sampled_from([None, "Asha", "Chen"]), st.sampled_from([0, 1, 2, -3])
    )
    .filter(lambda drawn: drawn[0] or drawn[1])
    .map(
        lambda drawn: seen(
            drawn[0],
            drawn[1],
            name=drawn[2],
            wrote_at=NOW + timedelta(minutes=drawn[3]) if drawn[3] else None,
        )
    ),
    max_size=6,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=SIGHTINGS, batch=SIGHTINGS)
def test_a_batch_leaves_what_one_by_one_leaves(
    db: mongo.Db, before: list[Sighting], batch: list[Sighting]
) -> None:
    outcomes = []
    for meet in (one_by_one, lambda db, some: meeting.meet(db, some, NOW)):
        db.contacts.delete_many({})
        db.joined_contacts.delete_many({})
        one_by_one(db, before)
        meet(db, batch)
        outcomes.append(
            [
                {key: row[key] for key in ("wa_id", "bsuid", "window_until", "last_inbound_at")}
                for row in everybody(db)
            ]
        )

    assert outcomes[0] == outcomes[1]
