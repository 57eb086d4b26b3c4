"""A drip that enrols a segment takes in who is there, from a checkpoint."""

from itertools import chain, repeat

import pytest

from campaigns import intake, life
from store import intakes
from store.documents.campaign import Run
from tests.campaigns.drips import School, says

NEW = {"enrol": {"segment": "new_users"}}


def fill(school: School, count: int) -> None:
    for number in range(count):
        school.person(number, segments=["new_users"])


def test_whoever_is_in_the_segment_is_enrolled(school: School) -> None:
    fill(school, 3)
    school.person(9)
    school.start(**NEW)

    school.tick()

    assert school.got() == ["one"] * 3
    assert school.rt.db.enrolments.distinct("by") == ["segment new_users"]


def test_whoever_is_killed_is_followed_from_the_checkpoint(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH", 2)
    fill(school, 5)
    school.start(**NEW)
    stops = chain([False, False], repeat(True))

    intake.take_in_due(school.rt, school.clock, lambda: next(stops))
    assert school.rt.db.enrolments.count_documents({}) == 2
    killed = intakes.claim(school.rt.db, school.now)
    assert killed is not None
    assert intake.take_in_due(school.rt, school.clock) == 0, "another has it"

    school.away(seconds=11)
    assert intake.take_in_due(school.rt, school.clock) == 3
    assert school.rt.db.enrolments.count_documents({}) == 5


def test_a_late_holder_keeps_nothing(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(school, 1)
    school.start(**NEW)
    claim = intakes.claim

    def overtaken(*given: object) -> Run | None:
        monkeypatch.setattr(intakes, "claim", claim)
        held = claim(school.rt.db, school.now)
        school.away(seconds=11)
        intake.take_in_due(school.rt, school.clock)
        return held

    monkeypatch.setattr(intakes, "claim", overtaken)
    intake.take_in_due(school.rt, school.clock)

    assert school.rt.db.enrolments.count_documents({}) == 1


def test_a_pause_holds_the_intake_too(school: School) -> None:
    fill(school, 1)
    school.start(**NEW)
    life.pause(school.rt.db, "welcome", "asha", school.now)
    school.tick()
    assert school.rt.db.enrolments.count_documents({}) == 0

    life.resume(school.rt.db, "welcome", "asha", school.now)
    school.later(minutes=1)
    assert school.got() == ["one"]


def test_an_edit_takes_the_rest_into_the_new_version(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH", 2)
    fill(school, 5)
    school.start(**NEW, reentry="always")
    stops = chain([False, False], repeat(True))
    intake.take_in_due(school.rt, school.clock, lambda: next(stops))

    school.define({"message": says("new one")}, **NEW, reentry="always")
    school.tick()

    assert sorted(school.got()) == ["new one"] * 3 + ["one"] * 2


def test_a_segment_that_cannot_be_asked_pauses_the_drip(school: School) -> None:
    school.rt.db.segments.insert_one(
        {
            "_id": "new_users", "kind": "live", "where": {"nonsense": 1},
            "created_at": school.now, "updated_at": school.now,
        }
    )  # fmt: skip
    campaign = school.start(**NEW)
    intake.take_in_due(school.rt, school.clock)

    standing = school.rt.db.campaigns.find_one({"_id": campaign["_id"]})
    assert standing is not None
    assert standing["state"] == "paused"
    assert standing["reason"].startswith("Its segment cannot be asked")
