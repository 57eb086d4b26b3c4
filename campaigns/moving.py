"""Move the people of a drip's older versions to the newest one."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from campaigns import course, roster, timing
from campaigns.course import Course
from campaigns.service import ImpossibleStepError
from campaigns.steps import place_of
from deliveries.gate import zone_of
from runtime import Runtime
from store import campaigns, contacts, enrolments
from store.documents.campaign import CampaignState, Run
from store.documents.contact import Contact
from store.documents.enrolment import Enrolment, EnrolmentState
from store.enrolments import Turn

_BATCH = 500


def move(rt: Runtime, name: str, now: datetime) -> int:
    """Everybody who is in an older version goes on in the newest; how many there were.

    Behind the step of the same name as their last one, else at the same place. What they had they
    do not get again. Safe to repeat. Raises service.UnknownCampaignError, ImpossibleStepError.
    """
    campaign = roster.drip(rt.db, name)
    newest = campaigns.find_run(rt.db, campaign["run_id"]) if campaign["run_id"] else None
    if newest is None or campaign["state"] not in (CampaignState.ACTIVE, CampaignState.PAUSED):
        raise ImpossibleStepError(f"{name} is {campaign['state']}, and nobody goes through it")
    older = [run for run in campaigns.open_drips(rt.db) if run["campaign"] == name]
    return sum(_move_all(rt, run, newest, now) for run in older if run["_id"] != newest["_id"])


def _move_all(rt: Runtime, old: Run, new: Run, now: datetime) -> int:
    moved, after = 0, None
    while rows := enrolments.active_in(rt.db, old["_id"], _BATCH, after):
        people = contacts.by_ids(rt.db, {row["contact_id"] for row in rows})
        turns = list(_turns(rt, rows, people, course.of_run(old), new, now))
        done = enrolments.put_at(rt.db, turns)
        moved += len(done)
        # Who was changed meanwhile is met again; whoever stays for good is passed.
        after = rows[-1]["_id"] if not done else None
    return moved


def _turns(
    rt: Runtime,
    rows: Sequence[Enrolment],
    people: dict[Any, Contact],
    old: Course,
    new: Run,
    now: datetime,
) -> Iterator[Turn]:
    for row in rows:
        person = people.get(row["contact_id"])
        if person is not None:
            zone = zone_of(person, rt.settings.timezone)
            yield Turn(row, moved(row, person, zone, old, new, now))


def moved(
    row: Enrolment, person: Contact, zone: tzinfo, old: Course, new: Run, now: datetime
) -> dict[str, Any]:
    """What changes of an enrolment that goes on in another version. Pure."""
    to = course.of_run(new)
    place = place_in(row, old, to)
    fields: dict[str, Any] = {"run_id": new["_id"], "version": new["version"], "step": place}
    fields["sent"] = {
        str(there): key
        for here, key in row["sent"].items()
        if (there := _same_step(old, to, int(here))) is not None
    }
    if place >= len(to.steps):
        over = {"state": EnrolmentState.COMPLETED, "reason": None, "ended_at": now}
        return {**fields, **over, "due_at": now}
    origin = timing.Origin(row["enrolled_at"], row["previous_at"], zone, person["attributes"])
    return {**fields, "due_at": timing.due_at(to.steps[place], origin) or row["previous_at"]}


def place_in(row: Enrolment, old: Course, new: Course) -> int:
    """The step that comes next in `new` for somebody who stands in `old`. Pure."""
    here = [one["step"] for one in row["passed"] if one["version"] == row["version"]]
    if here and (there := _same_step(old, new, here[-1], by_name=True)) is not None:
        return there + 1
    there = _same_step(old, new, row["step"], by_name=True)
    return min(row["step"], len(new.steps)) if there is None else there


def _same_step(old: Course, new: Course, place: int, *, by_name: bool = False) -> int | None:
    """Where a step stands in another version, by its name; without one by its place, unless only
    names count."""
    name = old.steps[place].step if place < len(old.steps) else None
    if name is None:
        return None if by_name or place >= len(new.steps) else place
    there = place_of(new.steps, name)
    return there if there < len(new.steps) else None
