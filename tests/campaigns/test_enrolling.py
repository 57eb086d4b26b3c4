"""Who gets into a drip, and how often."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, service
from campaigns.documents import InvalidCampaignError
from store import enrolments
from tests.campaigns.drips import School, drip, says


def test_one_cause_enrols_a_person_once(school: School) -> None:
    school.start(reentry="always")
    asha = school.person()

    assert school.enrol(asha).enrolment is not None
    assert "before" in school.enrol(asha).detail
    school.later(days=2)
    assert school.enrol(asha).enrolment is None, "nor when it is over"
    assert school.enrol(asha, cause="hand:2").enrolment is not None


def test_nobody_is_in_a_drip_twice_at_once(school: School) -> None:
    school.start(reentry="always")
    asha = school.person()
    school.enrol(asha)

    assert school.enrol(asha, cause="hand:2").detail == "is in welcome already"


def test_of_two_who_enrol_somebody_at_once_one_does(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.start(reentry="always")
    asha, chen = school.person(1), school.person(2)
    begin = enrolments.begin

    def beaten(*given: Any) -> Any:
        monkeypatch.setattr(enrolments, "begin", begin)
        school.enrol(asha, cause="hand:2")
        return begin(*given)

    monkeypatch.setattr(enrolments, "begin", beaten)
    assert school.enrol(chen, asha).detail == "is in welcome already"
    assert school.rt.db.enrolments.count_documents({}) == 2
    assert school.rt.db.fires.count_documents({}) == 2


@pytest.mark.parametrize(
    ("reentry", "after_days", "enters"),
    [
        ("once", 100, False),
        ("always", 2, True),
        ({"cooldown": "7 days"}, 6, False),
        ({"cooldown": "7 days"}, 7, True),
    ],
)
def test_who_comes_again(school: School, reentry: Any, after_days: int, enters: bool) -> None:
    school.start({"message": says("one")}, reentry=reentry)
    asha = school.person()
    school.enrol(asha)
    school.tick()
    school.away(days=after_days)

    assert (school.enrol(asha, cause="hand:2").enrolment is not None) == enters


def test_only_its_audience_gets_in(school: School) -> None:
    school.start(audience={"segments": ["vip"]})

    assert school.enrol(school.person(1)).detail == "not in the audience of welcome"
    assert school.enrol(school.person(2, segments=["vip"])).enrolment is not None


def test_a_drip_that_was_not_started_enrols_nobody(school: School) -> None:
    school.define()

    assert school.enrol(school.person()).detail == "campaign welcome is draft"
    assert school.enrol(school.person(1), campaign="other").detail == "there is no campaign other"


@pytest.mark.parametrize(
    ("conflict", "priority", "enters", "first"),
    [
        ("both", 0, True, "active"),
        ("stay_out", 50, False, "active"),
        ("take_over", 0, False, "active"),
        ("take_over", 50, True, "withdrawn"),
    ],
)
def test_of_two_drips_that_want_a_person_the_rule_decides(
    school: School, conflict: str, priority: int, enters: bool, first: str
) -> None:
    school.start(priority=10)
    school.start(campaign="second", conflict=conflict, priority=priority)
    asha = school.person()
    school.enrol(asha)

    assert (school.enrol(asha, campaign="second").enrolment is not None) == enters
    assert school.enrolment("welcome")["state"] == first


def test_after_a_cancelled_one_whoever_had_nothing_may_begin_anew(school: School) -> None:
    school.start({"after": "1 day", "message": says("one")})
    asha = school.person()
    school.enrol(asha)
    life.cancel(school.rt.db, "welcome", "asha", school.now)
    school.tick()
    life.start(school.rt.db, "welcome", "asha", school.now)

    assert school.enrol(asha, cause="hand:2").enrolment is not None


GOOD = drip({"step": "one", "message": says("one")}, {"message": says("two")})


@pytest.mark.parametrize(
    ("change", "path", "sentence"),
    [
        ({"steps": []}, "steps", "is empty"),
        ({"steps": [{"after": "1 day"}]}, "steps.0", "needs a message, or branches"),
        ({"steps": [{"after": 1, "message": says("a")}]}, "steps.0.after", "expected a duration"),
        (
            {"steps": [{"message": says("a"), "between": ["18:00", "10:00"]}]},
            "steps.0", "between begins before it ends",
        ),
        (
            {"steps": [{"message": says("a"), "between": ["10", "18:00"]}]},
            "steps.0.between.0", "expected a time of day",
        ),
        (
            {"steps": [{"message": says("a"), "before": "3 days"}]},
            "steps.0", "before counts from a date",
        ),
        (
            {"steps": [{"message": says("a"), "only_if": {"previous": "read"}}]},
            "steps.0.only_if", "looks back",
        ),
        (
            {"steps": [{"step": "a", "message": says("a"), "then": "a"}]},
            "steps.0.then", "is no later step",
        ),
        (
            {"steps": [{"step": "a", "message": says("a")}, {"step": "a", "message": says("b")}]},
            "steps.1.step", "is the name of an earlier step too",
        ),
        (
            {"steps": [{"message": says("a")},
                       {"message": says("b"), "only_if": {"previous": "read", "of": "x"}}]},
            "steps.1.only_if.of", "is no earlier step",
        ),
        ({"enrol": {}}, "enrol", "needs exactly one of intent, event, button"),
        ({"stop_when": [{}]}, "stop_when.0", "needs exactly one of event, segment, where"),
        ({"message": says("a")}, "message", "is no key of a campaign"),
        (
            {"steps": [{"message": {**says("a"), "parameters": ["one"]}}]},
            "steps.0.message.parameters", "the template has 2, 1 are given",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_drip_is_told_with_its_place(
    school: School, change: dict[str, Any], path: str, sentence: str
) -> None:
    with pytest.raises(InvalidCampaignError) as told:
        service.define(school.rt.db, "welcome", {**GOOD, **change}, "asha", school.now)

    found = {one.path: one.message for one in told.value.problems}
    assert sentence in found.get(path, ""), found


def test_an_old_event_counts_from_when_it_happened(school: School) -> None:
    school.start({"after": "1h", "message": says("one")})
    enrolled = school.enrol(school.person(), at=school.now - timedelta(minutes=50)).enrolment

    assert enrolled is not None
    assert enrolled["due_at"] == school.now + timedelta(minutes=10)
