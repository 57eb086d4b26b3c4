"""Take people on through their drips: what comes of the fires of steps that are due.

A batch is read in a few queries, decided, and kept in one transaction: the message owed, the run's
counters and where the person stands now are kept together or not at all. So a fire that is repeated
after a crash finds the enrolment moved, and owes nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from campaigns import content, course, progress
from campaigns.course import Course
from campaigns.progress import Go, Over, Sight, Verdict, Wait
from contacts import handover, journaled, segments
from contacts.segments import Directory
from deliveries import check, outbox
from deliveries.gate import zone_of
from runtime import Runtime
from store import campaigns, contacts, deliveries, enrolments, fires, inbox, mongo
from store.documents.campaign import CampaignState, Run
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Delivery, DeliveryStatus
from store.documents.enrolment import Enrolment, EnrolmentState, Passed
from store.documents.fire import Fire
from store.documents.suppression import Scope
from store.documents.template import Template
from store.enrolments import Turn

_SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is looked at for all of them together. busy: people of whom something is journaled that
    nobody has handled: an answer, say, that ends their drip."""

    enrolments: Mapping[ObjectId, Enrolment]
    runs: Mapping[ObjectId, Run]
    states: Mapping[str, CampaignState]
    people: Mapping[ObjectId, Contact]
    sent: Mapping[ObjectId, Delivery]
    templates: Mapping[ObjectId, Mapping[int, Template | None]]
    scopes: Mapping[ObjectId, Scope]
    live: Directory
    busy: frozenset[str]


def handle(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
    """{fire: when it is due again}, of those whose drip is not over for the person.

    Safe to repeat, and for two to do at once: an enrolment is moved by who read it as it stands.
    """
    batch = _read(rt, due, now)
    again: dict[str, datetime] = {}
    verdicts: dict[ObjectId, tuple[Fire, Verdict]] = {}
    for fire in due:
        enrolment = batch.enrolments.get(fire["subject"]["enrolment"])
        if enrolment is None or enrolment["state"] != EnrolmentState.ACTIVE:
            continue
        held = _held(batch, enrolment, now)
        if held is not None:
            again[fire["_id"]] = held
            continue
        verdict = _decide(rt, batch, enrolment, fire, now)
        if isinstance(verdict, Wait) and verdict.due_at is None:
            again[fire["_id"]] = verdict.until
        else:
            verdicts[enrolment["_id"]] = fire, verdict
    turns = [turn_of(batch.enrolments[key], verdict, now) for key, (_, verdict) in verdicts.items()]
    moved = enrolments.advance(rt.db, turns)
    for key, (fire, verdict) in verdicts.items():
        # Whose enrolment was changed meanwhile is looked at anew.
        next_at = _next_at(verdict) if key in moved else now + _SOON
        if next_at is not None:
            again[fire["_id"]] = next_at
    return again


def _held(batch: _Batch, enrolment: Enrolment, now: datetime) -> datetime | None:
    """When to look again at what must not be decided now."""
    run = batch.runs.get(enrolment["run_id"])
    state = batch.states.get(enrolment["campaign"])
    if run is None or run.get("cancelled_at") is not None:
        return None
    if state == CampaignState.PAUSED:
        return fires.NEVER
    if enrolment["due_at"] > now:
        return enrolment["due_at"]
    person = batch.people.get(enrolment["contact_id"])
    if person is None:
        return None
    return (
        now + _SOON if journaled.who_of(person) in batch.busy else handover.look_again(person, now)
    )


def _decide(rt: Runtime, batch: _Batch, enrolment: Enrolment, fire: Fire, now: datetime) -> Verdict:
    run = batch.runs.get(enrolment["run_id"])
    person = batch.people.get(enrolment["contact_id"])
    if run is None or run.get("cancelled_at") is not None:
        return Over(EnrolmentState.CANCELLED, "campaign_cancelled")
    if person is None:
        return Over(EnrolmentState.WITHDRAWN, "contact_gone")
    sent = {
        int(place): batch.sent[key] for place, key in enrolment["sent"].items() if key in batch.sent
    }
    return progress.decide(
        Sight(
            course=course.of_run(run),
            enrolment=enrolment,
            contact=person,
            sent=sent,
            templates=batch.templates[enrolment["run_id"]],
            live=batch.live,
            zone=zone_of(person, rt.settings.timezone),
            called_at=fire["due_at"],
            now=now,
            suppressed=batch.scopes.get(person["_id"]),
        )
    )


def turn_of(enrolment: Enrolment, verdict: Verdict, now: datetime) -> Turn:
    """The change that a verdict comes to. Pure."""
    if isinstance(verdict, Wait):
        return Turn(enrolment, {"due_at": verdict.due_at or verdict.until})
    if isinstance(verdict, Over):
        ended: dict[str, Any] = {"state": verdict.state, "reason": verdict.reason, "ended_at": now}
        return Turn(enrolment, ended)
    place = enrolment["step"]
    fields: dict[str, Any] = {"step": verdict.place, "previous_at": verdict.at}
    if verdict.due_at is None:
        fields |= {"state": EnrolmentState.COMPLETED, "reason": None, "ended_at": now}
    else:
        fields |= {"due_at": verdict.due_at}
    owed: Delivery | None = None
    if verdict.order is not None:
        status = DeliveryStatus.SKIPPED if verdict.skip else DeliveryStatus.PENDING
        owed = outbox.document(verdict.order, now, status, verdict.skip)
        if verdict.skip is None:  # what was passed over is nothing that later steps look back at
            fields[f"sent.{place}"] = owed["_id"]
    passed: Passed = {
        "step": place,
        "version": enrolment["version"],
        "at": now,
        "came": verdict.came,
    }
    return Turn(enrolment, fields, passed, owed)


def _next_at(verdict: Verdict) -> datetime | None:
    if isinstance(verdict, Wait):
        return verdict.until
    return verdict.due_at if isinstance(verdict, Go) else None


def _read(rt: Runtime, due: Sequence[Fire], now: datetime) -> _Batch:
    rows = enrolments.find(rt.db, [fire["subject"]["enrolment"] for fire in due])
    active = [row for row in rows.values() if row["state"] == EnrolmentState.ACTIVE]
    people = contacts.by_ids(rt.db, {row["contact_id"] for row in active})
    runs = campaigns.find_runs(rt.db, {row["run_id"] for row in active})
    courses = {key: course.of_run(run) for key, run in runs.items()}
    silent = [one for one in people.values() if one["consent"]["state"] == OptIn.NO]
    return _Batch(
        enrolments=rows,
        runs=runs,
        states=campaigns.states(rt.db, {row["campaign"] for row in active}),
        people=people,
        sent=deliveries.find(rt.db, [key for row in active for key in _looked_at(courses, row)]),
        templates={key: templates_of(rt.db, one) for key, one in courses.items()},
        scopes=check.scopes(rt.db, silent, now) if silent else {},
        live=segments.directory(rt.db),
        busy=frozenset(
            inbox.whose_waits(rt.db, [journaled.who_of(one) for one in people.values()])
        ),
    )


def _looked_at(courses: Mapping[ObjectId, Course], row: Enrolment) -> Iterable[ObjectId]:
    """The earlier messages that the next step may look at: the last, or all where one is named."""
    sent, one = row["sent"], courses.get(row["run_id"])
    if not sent or one is None or row["step"] >= len(one.steps):
        return ()
    step = one.steps[row["step"]]
    named = [branch.only_if.of for branch in step.branches]
    named += [step.only_if.of] if step.only_if else []
    return sent.values() if any(named) else (sent[max(sent, key=int)],)


def templates_of(db: mongo.Db, one: Course) -> dict[int, Template | None]:
    """{place: the template of its message}, as it was last synced."""
    return {
        place: content.template_of(db, view)
        for place, view in enumerate(one.views)
        if view is not None
    }
