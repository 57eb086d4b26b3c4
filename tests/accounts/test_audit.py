"""Each change is written down with who made it, and without naming anybody."""

from accounts import audit
from config.settings import Settings
from store import audit as trail
from store import mongo
from tests.clock import NOW


def test_a_person_is_named_by_a_stand_in(db: mongo.Db, settings: Settings) -> None:
    audit.begin()
    audit.note(role="viewer")
    for phone in ("+91 98123 45670", "919812345670"):
        subject = {"phone": phone, "name": "vip"}
        audit.record(db, settings, by="Asha", action="x", subject=subject, now=NOW)

    first, second = trail.page(db, 10)

    assert first["subject"] == second["subject"]
    assert "9812345670" not in str(first)
    assert (first["subject"]["name"], first["noted"]) == ("vip", {"role": "viewer"})


def test_what_was_noted_of_the_last_change_is_gone(db: mongo.Db, settings: Settings) -> None:
    audit.note(role="viewer")
    audit.begin()
    audit.record(db, settings, by="Asha", action="x", subject={}, now=NOW)

    assert trail.page(db, 10)[0]["noted"] == {}


def test_the_trail_is_read_page_by_page(db: mongo.Db, settings: Settings) -> None:
    for number in range(5):
        by = "Asha" if number % 2 else "Chen"
        audit.record(db, settings, by=by, action=str(number), subject={}, now=NOW)

    first = trail.page(db, 2)
    rest = trail.page(db, 9, before=first[-1]["_id"])

    assert [row["action"] for row in first + rest] == ["4", "3", "2", "1", "0"]
    assert [row["action"] for row in trail.page(db, 9, by="Asha")] == ["3", "1"]
