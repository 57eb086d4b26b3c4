"""The report of a drip: steps, where everybody is, and who left where."""

from collections.abc import Iterator
from typing import Any

import pytest

from campaigns import leaving, life, preview, templates
from reports import campaign, history, verify
from runtime import Runtime
from simulator import server as simulator
from tests.campaigns.drips import School, says
from tests.clock import NOW


@pytest.fixture
def school(rt: Runtime, meta: simulator.Handle) -> Iterator[School]:
    templates.sync(rt, NOW)
    yield School(rt, meta)
    assert verify.problems(rt.db) == []


def report(school: School) -> dict[str, Any]:
    found = campaign.of_campaign(school.rt.db, "welcome", school.rt.settings.timezone)
    assert found is not None
    return found


def test_each_step_tells_who_came_who_waits_and_who_left(school: School) -> None:
    school.start({"step": "hello", "message": says("one")},
                 {"after": "1 day", "message": says("two")},
                 {"after": "5 days", "message": says("three")})  # fmt: skip
    people = [school.person(number) for number in range(4)]
    school.enrol(*people)
    school.tick()
    leaving.withdraw(school.rt, people[0], "welcome", "asha", school.now)
    school.later(days=1, minutes=1)

    told = report(school)
    shown = [
        (step["name"], step["entered"], step["waiting"], step["left"], step["drop_off"])
        for step in told["steps"]
    ]
    assert shown == [
        ("hello", 4, 0, {}, 0.0),
        ("step 2", 4, 0, {"asha": 1}, 0.25),
        ("step 3", 3, 3, {}, 0.0),
    ]
    assert [step["funnel"]["targeted"] for step in told["steps"]] == [4, 3, 0]
    assert told["enrolments"] == {
        "enrolled": 4, "active": 3, "completed": 0, "stopped": 0, "withdrawn": 1, "cancelled": 0,
        "ended_by_reason": {"asha": 1},
    }  # fmt: skip


def test_each_version_has_its_own_steps(school: School) -> None:
    school.start()
    school.enrol(school.person(1))
    school.tick()
    school.define({"message": says("new one")})
    school.enrol(school.person(2))
    school.tick()

    shown = [(step["version"], step["step"], step["entered"]) for step in report(school)["steps"]]
    assert shown == [(2, 0, 1), (1, 0, 1), (1, 1, 1)]


def test_a_persons_history_has_their_way_through_it(school: School) -> None:
    school.start()
    asha = school.person()
    school.enrol(asha)
    school.tick()
    life.cancel(school.rt.db, "welcome", "asha", school.now)
    school.tick()

    (row,) = [
        row
        for row in history.of_contact(school.rt.db, asha["_id"], 20)
        if row["kind"] == "enrolment"
    ]
    assert (row["state"], row["reason"]) == ("cancelled", "campaign_cancelled")
    assert [one["came"] for one in row["passed"]] == ["owed"]


def test_a_preview_tells_who_would_be_enrolled_and_when_steps_fall(school: School) -> None:
    school.person(1, segments=["new_users"])
    school.person(2, segments=["new_users"])
    school.define(
        {"message": says("one")},
        {"after": "2 days", "between": ["15:00", "18:00"], "message": says("two")},
        enrol={"segment": "new_users"},
    )

    seen = preview.of(school.rt, "welcome", school.now)

    assert (seen.audience, seen.messages, seen.excluded_by_reason) == (2, 2, {})
    assert [at.isoformat() for at in seen.next_fires] == [
        "2026-11-24T06:30:00+00:00", "2026-11-26T09:30:00+00:00",
    ]  # fmt: skip
    assert seen.cost == {"utility": 4}
    school.enrol(school.person(3))
    assert school.rt.db.enrolments.count_documents({}) == 0, "nothing is changed by looking"
