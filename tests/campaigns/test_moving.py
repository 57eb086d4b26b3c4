"""An edited drip: people stay in their version, unless they are moved."""

import pytest

from campaigns import drips, life, moving
from campaigns.service import ImpossibleStepError
from tests.campaigns.drips import School, says


def test_people_go_on_in_the_version_they_are_in(school: School) -> None:
    school.start()
    school.enrol(school.person(1))
    school.tick()
    school.define({"message": says("new one")}, {"after": "1 day", "message": says("new two")})
    school.enrol(school.person(2))
    school.tick()

    school.later(days=1, minutes=1)

    assert sorted(school.got()) == ["new one", "new two", "one", "two"]
    runs = list(school.rt.db.runs.find().sort("number"))
    assert [(run["number"], run["version"]) for run in runs] == [(1, 1), (2, 2)]
    assert [run["ended_at"] is None for run in runs] == [False, True], "nobody is in the old one"


def test_whoever_is_moved_goes_on_behind_the_step_of_the_same_name(school: School) -> None:
    school.start(
        {"step": "hello", "message": says("one")},
        {"after": "1 day", "message": says("two")},
        {"after": "2 days", "message": says("three")},
    )
    school.enrol(school.person())
    school.tick()
    had_hello = {"previous": "accepted", "of": "hello"}
    school.define(
        {"message": says("before")},
        {"step": "hello", "message": says("new one")},
        {
            "after": "5 days",
            "only_if": had_hello,
            "message": says("x"),
        },
    )

    assert moving.move(school.rt, "welcome", school.now) == 1
    assert moving.move(school.rt, "welcome", school.now) == 0
    school.later(days=6)

    row = school.enrolment()
    assert school.got() == ["one", "x"]
    assert (row["version"], row["state"]) == (2, "completed")
    assert [one["version"] for one in row["passed"]] == [1, 2]


def test_without_names_the_place_counts(school: School) -> None:
    school.start()
    school.enrol(school.person())
    school.tick()
    school.define({"message": says("new one")}, {"after": "3 days", "message": says("new two")})

    moving.move(school.rt, "welcome", school.now)
    school.later(days=2)
    assert school.got() == ["one"], "the step that comes next has a time of its own"
    school.later(days=1)
    assert school.got() == ["one", "new two"]


def test_who_has_nothing_left_is_through(school: School) -> None:
    school.start()
    school.enrol(school.person())
    school.tick()
    school.define({"message": says("new one")})

    moving.move(school.rt, "welcome", school.now)
    school.tick()

    assert school.enrolment()["state"] == "completed"
    assert school.rt.db.fires.count_documents({}) == 0


def test_a_pause_holds_those_who_were_moved(school: School) -> None:
    school.start()
    school.enrol(school.person())
    school.tick()
    life.pause(school.rt.db, "welcome", "asha", school.now)
    school.later(days=2)
    school.define({"message": says("new one")}, {"after": "1 day", "message": says("new two")})
    moving.move(school.rt, "welcome", school.now)
    school.tick()
    assert school.got() == ["one"]

    life.resume(school.rt.db, "welcome", "asha", school.now)
    drips.sweep(school.rt, school.now)
    school.tick()
    assert school.got() == ["one", "new two"]


def test_cancelling_ends_every_version(school: School) -> None:
    school.start()
    school.enrol(school.person(1))
    school.tick()
    school.define({"after": "1 day", "message": says("new one")})
    school.enrol(school.person(2))

    life.cancel(school.rt.db, "welcome", "asha", school.now)
    school.later(days=2)

    assert school.got() == ["one"]
    assert set(school.rt.db.enrolments.distinct("state")) == {"cancelled"}


def test_nobody_is_moved_in_a_drip_that_is_over(school: School) -> None:
    school.define()

    with pytest.raises(ImpossibleStepError):
        moving.move(school.rt, "welcome", school.now)
