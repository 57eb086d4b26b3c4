"""What ends a drip for a person, and that nothing more comes then."""

from typing import Any

import pytest

from campaigns import leaving
from campaigns.leaving import Exits
from campaigns.triggers import Happening
from store import contacts
from store.documents.contact import Contact
from store.documents.suppression import Scope
from tests.campaigns.drips import School, says

MARKETING = {
    "template": "price_list", "language": "en", "parameters": {"first_name": "friend"},
}  # fmt: skip


def exits(school: School) -> Exits:
    return Exits.of(school.rt.db)


def ordered(school: School, asha: Contact, event: str = "c:1") -> int:
    return leaving.happened(
        school.rt, exits(school), asha, event, Happening("order_placed", school.now), school.now
    )  # fmt: skip


def test_an_event_stops_the_drip(school: School) -> None:
    school.start(stop_when=[{"event": "order_placed"}])
    asha = school.person()
    school.enrol(asha)
    school.tick()

    assert ordered(school, asha) == 1
    school.later(days=2)

    assert school.got() == ["one"]
    row = school.enrolment()
    assert (row["state"], row["reason"], row["ended_by"]) == (
        "stopped",
        "event:order_placed",
        "c:1",
    )


def test_another_event_stops_nothing(school: School) -> None:
    school.start(stop_when=[{"event": "parcel_arrived"}])
    asha = school.person()
    school.enrol(asha)

    assert ordered(school, asha) == 0
    assert school.enrolment()["state"] == "active"


def test_what_is_owed_and_has_not_left_is_taken_back(school: School) -> None:
    school.start(stop_when=[{"event": "order_placed"}])
    asha = school.person()
    school.enrol(asha)
    school.fire()

    ordered(school, asha)
    school.tick()

    assert school.got() == []
    assert school.skipped() == ["enrolment_over"]


def test_it_is_taken_back_also_after_a_crash(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.start(stop_when=[{"event": "order_placed"}])
    asha = school.person()
    school.enrol(asha)
    school.fire()
    with monkeypatch.context() as crash:
        crash.setattr(leaving, "take_back", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ordered(school, asha)

    ordered(school, asha)

    assert school.skipped() == ["enrolment_over"]


@pytest.mark.parametrize("stop", [{"segment": "bought"}, {"where": {"attributes.orders": 1}}])
def test_a_segment_or_a_filter_is_asked_at_each_step(school: School, stop: Any) -> None:
    school.start(stop_when=[stop])
    asha = school.person()
    school.enrol(asha)
    school.tick()
    contacts.update(
        school.rt.db, asha["_id"], {"$set": {"segments": ["bought"], "attributes.orders": 1}}
    )

    school.later(days=2)

    assert school.got() == ["one"]
    assert school.enrolment()["state"] == "stopped"


@pytest.mark.parametrize(("steps", "scope", "leaves"), [
    ([{"message": MARKETING}, {"after": "1 day", "message": says("two")}], Scope.MARKETING, True),
    ([], Scope.MARKETING, False),
    ([], Scope.ALL, True),
])  # fmt: skip
def test_who_opts_out_leaves(school: School, steps: Any, scope: Scope, leaves: bool) -> None:
    """STOP to marketing leaves a drip alone that has none."""
    school.start(*steps)
    asha = school.person()
    school.enrol(asha)

    left = leaving.opted_out(school.rt, exits(school), asha, scope, "m:1", school.now)

    assert left == leaves
    assert school.enrolment()["state"] == ("withdrawn" if leaves else "active")


def test_an_opt_out_by_another_door_is_seen_at_the_next_step(school: School) -> None:
    school.start({"message": says("one")}, {"after": "1 day", "message": MARKETING})
    asha = school.person()
    school.enrol(asha)
    school.tick()
    contacts.update(school.rt.db, asha["_id"], {"$set": {"consent.state": "no"}})

    school.later(days=2)

    assert school.got() == ["one"]
    assert school.enrolment()["reason"] == "opted_out"


def test_who_is_withdrawn_is_out(school: School) -> None:
    school.start()
    asha = school.person()
    school.enrol(asha)

    assert leaving.withdraw(school.rt, asha, "welcome", "rule lost", school.now)
    assert not leaving.withdraw(school.rt, asha, "welcome", "rule lost", school.now)
    school.later(days=2)

    assert school.got() == []
    assert school.enrolment()["reason"] == "rule lost"


def test_a_segment_entered_stops_it_at_once(school: School) -> None:
    school.start(stop_when=[{"segment": "bought"}])
    asha = school.person()
    school.enrol(asha)
    entered = Happening("segment_entered", school.now, properties={"segment": "bought"})

    assert leaving.happened(school.rt, exits(school), asha, "n:1", entered, school.now) == 1
    assert school.enrolment()["reason"] == "segment:bought"


def test_a_date_that_comes_sooner_brings_its_step(school: School) -> None:
    renewal = {"before": "3 days", "from": {"attribute": "renewal_date"}, "message": says("renew")}
    school.start(renewal)
    asha = school.person(attributes={"renewal_date": "2027-06-01"})
    school.enrol(asha)
    sooner = {"$set": {"attributes.renewal_date": "2026-11-29"}}
    now = contacts.update(school.rt.db, asha["_id"], sooner)
    assert now is not None
    told = Happening("attribute_changed", school.now, properties={"attribute": "renewal_date"})

    leaving.happened(school.rt, exits(school), now, "n:1", told, school.now)
    school.later(days=2)

    assert school.got() == ["renew"]
