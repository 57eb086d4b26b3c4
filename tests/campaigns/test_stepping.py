"""What people in a drip get, and when."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import life, stepping
from contacts import handover
from store import enrolments, fires
from store.documents.fire import FireKind
from tests.campaigns.drips import School, says

TWO_DAYS = {"after": "2 days", "message": says("two")}


def test_each_step_comes_in_its_time(school: School) -> None:
    school.start({"message": says("one")}, TWO_DAYS, {"after": "3 days", "message": says("three")})
    school.enrol(school.person())

    school.tick()
    assert school.got() == ["one"]
    school.later(days=1, hours=23)
    assert school.got() == ["one"]
    school.later(hours=1)
    assert school.got() == ["one", "two"]
    school.later(days=1)
    assert school.got() == ["one", "two", "three"]
    assert school.enrolment()["state"] == "completed"
    assert school.rt.db.fires.count_documents({}) == 0


def test_a_step_may_count_from_the_one_before(school: School) -> None:
    school.start(
        {"after": "1 day", "message": says("one")},
        {"after": "1 day", "from": "previous", "message": says("two")},
    )
    school.enrol(school.person())

    school.later(days=1)
    assert school.got() == ["one"]
    school.later(days=1)
    assert school.got() == ["one", "two"]


def test_a_repeated_fire_owes_nothing_twice(school: School) -> None:
    """The worker died after it had kept what came of it, and before the fire was put off."""
    school.start()
    school.enrol(school.person())
    first = fires.claim_due(school.rt.db, school.now, FireKind.STEP)
    assert first is not None

    again = stepping.handle(school.rt, [first], school.now)
    assert stepping.handle(school.rt, [first], school.now) == again
    assert again == {first["_id"]: school.now + timedelta(days=1)}
    assert school.rt.db.deliveries.count_documents({}) == 1
    assert school.run()["counters"] == {"pending": 1}


def test_of_two_who_saw_the_same_step_one_takes_it(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.start()
    school.enrol(school.person())
    first = fires.claim_due(school.rt.db, school.now, FireKind.STEP)
    assert first is not None
    advance = enrolments.advance

    def beaten(db: Any, turns: Any) -> Any:
        monkeypatch.setattr(enrolments, "advance", advance)
        stepping.handle(school.rt, [first], school.now)
        return advance(db, turns)

    monkeypatch.setattr(enrolments, "advance", beaten)
    again = stepping.handle(school.rt, [first], school.now)

    assert again == {first["_id"]: school.now + timedelta(seconds=1)}
    assert school.rt.db.deliveries.count_documents({}) == 1


def test_a_batch_in_which_one_is_stale_moves_the_others(school: School) -> None:
    school.start()
    people = [school.person(number) for number in range(3)]
    school.enrol(*people)
    rows = list(enrolments.find(school.rt.db, school.rt.db.enrolments.distinct("_id")).values())
    stale: Any = {**rows[1], "turn": 7}

    turns = [enrolments.Turn(row, {"step": 1}) for row in (rows[0], stale, rows[2])]
    moved = enrolments.advance(school.rt.db, turns)

    assert moved == {rows[0]["_id"], rows[2]["_id"]}


def test_a_step_waits_for_its_hours_on_the_persons_own_clock(school: School) -> None:
    school.start({"after": "9h", "between": ["10:00", "18:00"], "message": says("one")})
    school.enrol(school.person())  # at noon in Pune: 21:00 is after hours

    school.later(hours=21, minutes=59)
    assert school.got() == []
    school.later(minutes=1)
    assert school.got() == ["one"]


def test_a_step_waits_for_its_weekdays(school: School) -> None:
    school.start({"on": ["sat"], "message": says("one")})
    school.enrol(school.person())  # a Tuesday

    school.later(days=3)
    assert school.got() == []
    school.later(hours=12)
    assert school.got() == ["one"]


RENEWAL = {"before": "3 days", "from": {"attribute": "renewal_date"}, "message": says("renew")}


def test_a_step_may_count_backwards_from_a_date(school: School) -> None:
    school.start({**RENEWAL, "between": ["10:00", "18:00"]})
    school.enrol(school.person(attributes={"renewal_date": "2026-12-01"}))

    school.later(days=3, hours=22)  # 28 November, 10:00 in Pune
    assert school.got() == ["renew"]
    assert school.now.day == 28


def test_a_date_that_was_moved_moves_its_step(school: School) -> None:
    school.start(RENEWAL)
    person = school.person(attributes={"renewal_date": "2026-12-01"})
    school.enrol(person)
    later = {"$set": {"attributes.renewal_date": "2026-12-11"}}
    school.rt.db.contacts.update_one({"_id": person["_id"]}, later)

    school.later(days=10)
    assert school.got() == []
    school.later(days=4)
    assert school.got() == ["renew"]


@pytest.mark.parametrize(
    ("attributes", "why"),
    [({}, "no_date"), ({"renewal_date": "soon"}, "no_date"),
     ({"renewal_date": "2026-11-20"}, "date_passed")],
)  # fmt: skip
def test_without_its_date_a_step_is_passed_over(
    school: School, attributes: dict[str, Any], why: str
) -> None:
    school.start(RENEWAL, {"after": "1h", "message": says("two")})
    school.enrol(school.person(attributes=attributes))

    school.later(hours=2)

    assert school.skipped() == [why]
    assert school.got() == ["two"]


def test_a_step_waits_until_the_one_before_has_left(school: School) -> None:
    """Both are due, and a message that waits for the morning is not overtaken."""
    school.start({"message": says("one")}, {"after": "1m", "message": says("two")})
    school.enrol(school.person())
    school.fire()  # the first is owed, and no sender runs
    school.away(minutes=5)

    school.fire()
    assert school.rt.db.deliveries.count_documents({}) == 1
    school.deliver()
    school.later(minutes=2)
    assert school.got() == ["one", "two"]


def test_a_condition_that_does_not_hold_passes_the_step_over(school: School) -> None:
    school.start(
        {"message": says("one")},
        {"after": "1 day", "only_if": {"previous": "read"}, "message": says("thanks")},
        {"after": "1 day", "only_if": {"previous": "not_read"}, "message": says("reminder")},
    )
    school.enrol(school.person())

    school.tick()
    school.later(days=1, minutes=1)

    assert school.got() == ["one", "reminder"]
    assert school.skipped() == ["only_if"]


def test_a_condition_may_look_at_the_person(school: School) -> None:
    vip = {"where": {"segments": "vip"}}
    school.start({"only_if": vip, "message": says("for vips")}, {"message": says("for all")})
    school.enrol(school.person(1, segments=["vip"]), school.person(2))

    school.tick()

    assert sorted(school.got()) == ["for all", "for all", "for vips"]


def test_branches_lead_to_different_steps_and_meet_again(school: School) -> None:
    school.start(
        {"message": says("one")},
        {
            "after": "1 day",
            "branches": [
                {"only_if": {"where": {"segments": "vip"}}, "go_to": "vip"},
                {"only_if": {"where": {"segments": "gone"}}, "go_to": "end"},
            ],
        },
        {"message": says("ordinary"), "then": "last"},
        {"step": "vip", "message": says("vip")},
        {"step": "last", "after": "2 days", "message": says("last")},
    )
    for number, segments in enumerate((["vip"], [], ["gone"])):
        school.enrol(school.person(number, segments=segments))

    school.later(days=1, minutes=1)
    assert sorted(school.got()) == ["one", "one", "one", "ordinary", "vip"]
    school.later(days=1)
    assert sorted(school.got())[0:2] == ["last", "last"]
    assert {row["state"] for row in school.rt.db.enrolments.find()} == {"completed"}


@pytest.mark.parametrize(
    ("missed", "got", "skipped"),
    [
        ("catch_up", ["one", "two", "three", "four"], []),
        ("once", ["three", "four"], ["missed", "missed"]),
        ("skip", ["four"], ["missed", "missed", "missed"]),
    ],
)
def test_what_was_missed_follows_the_drip(
    school: School, missed: str, got: list[str], skipped: list[str]
) -> None:
    steps = [
        {"after": f"{day} days", "message": says(word)}
        for day, word in enumerate(("one", "two", "three", "four"), 1)
    ]
    school.start(*steps, missed=missed)
    school.enrol(school.person())

    school.away(days=3, hours=2)  # nothing runs
    school.tick()
    school.later(minutes=10)
    school.later(days=1)

    assert school.got() == got
    assert school.skipped() == skipped


def test_a_pause_holds_the_steps_and_they_follow(school: School) -> None:
    school.start(missed="skip")
    school.enrol(school.person())
    school.tick()
    life.pause(school.rt.db, "welcome", "asha", school.now)
    called = school.called

    school.later(days=3)
    assert school.got() == ["one"]
    assert school.called == called + 1, "a held step costs nothing while it waits"

    life.resume(school.rt.db, "welcome", "asha", school.now)
    school.tick()
    assert school.got() == ["one", "two"]
    assert school.skipped() == []


def test_cancelling_ends_it_for_everybody(school: School) -> None:
    school.start()
    school.enrol(school.person())
    school.tick()

    life.cancel(school.rt.db, "welcome", "asha", school.now)
    school.later(days=2)

    assert school.got() == ["one"]
    assert school.enrolment()["state"] == "cancelled"
    assert school.rt.db.fires.count_documents({}) == 0


def test_whoever_is_taken_for_a_duplicate_goes_on(school: School) -> None:
    """An erased person's fire finds nobody."""
    school.start()
    person = school.person()
    school.enrol(person)
    school.rt.db.contacts.delete_one({"_id": person["_id"]})

    school.tick()

    assert school.enrolment()["reason"] == "contact_gone"


def test_while_an_agent_answers_no_step_comes_in_between(school: School) -> None:
    school.start({"message": says("one")}, TWO_DAYS)
    school.enrol(school.person())
    school.tick()
    handed = handover.begun(school.now, school.now + timedelta(days=3), "complaint", "")
    school.rt.db.contacts.update_many({}, {"$set": {"handed_over": handed}})

    school.later(days=2)
    assert school.got() == ["one"]

    school.rt.db.contacts.update_many({}, {"$unset": {"handed_over": ""}})
    school.later(minutes=15)
    assert school.got() == ["one", "two"]
