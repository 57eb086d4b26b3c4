"""Two contacts turn out to be one person, or one is erased: what becomes of their drips."""

from typing import Any

import pytest
from bson import ObjectId

from campaigns import templates
from contacts import erasure
from contacts.identity import Identity
from runtime import Runtime
from simulator import server as simulator
from store import contacts, enrolments
from tests.campaigns.drips import School
from tests.clock import NOW
from tests.makers import ASHA, make_contact


@pytest.fixture
def school(rt: Runtime, meta: simulator.Handle) -> School:
    templates.sync(rt, NOW)
    made = School(rt, meta)
    made.start(reentry="always")
    return made


def join(school: School, keeper: ObjectId, other: Any) -> None:
    change = {"$set": {"bsuid": other["bsuid"]}}
    contacts.take_over(school.rt.db, keeper, other, change)


def states(school: School) -> list[tuple[str, str | None]]:
    rows = school.rt.db.enrolments.find().sort("_id", 1)
    return [(row["state"], row["reason"]) for row in rows]


def test_whoever_is_joined_goes_on_in_the_drip(school: School) -> None:
    asha = make_contact(school.rt.db, ASHA)
    other = school.person(1, bsuid="IN.1")
    school.enrol(other)

    join(school, asha["_id"], other)
    school.later(days=1, minutes=1)

    assert school.enrolment()["contact_id"] == asha["_id"]
    assert school.got() == ["one", "two"]


def test_of_two_ways_through_one_drip_one_goes_on(school: School) -> None:
    asha = make_contact(school.rt.db, ASHA)
    other = school.person(1, bsuid="IN.1")
    school.enrol(asha)
    school.enrol(other, cause="hand:2")

    join(school, asha["_id"], other)
    school.later(days=1, minutes=1)

    assert states(school) == [("completed", None), ("withdrawn", "duplicate")]
    assert school.got() == ["one", "two"]


def test_an_erased_persons_ways_are_forgotten(school: School) -> None:
    school.enrol(make_contact(school.rt.db, ASHA))

    erasure.erase(school.rt.db, Identity(ASHA), school.now)

    assert school.rt.db.enrolments.count_documents({}) == 0
    assert school.rt.db.fires.count_documents({}) == 0
    assert enrolments.find(school.rt.db, []) == {}
