"""Enrol people in a drip: each at most once for one cause, and in it once at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bson import ObjectId

from campaigns import content, timing
from campaigns.documents import Cooldown, DripCampaign
from contacts import audience, segments
from contacts.segments import Directory, ImpossibleSegmentError
from deliveries.gate import zone_of
from runtime import Runtime
from store import campaigns, enrolments
from store.documents.campaign import Campaign, CampaignState, Run
from store.documents.contact import Contact
from store.documents.enrolment import Enrolment, EnrolmentState

REPLACED = "another drip took over"


@dataclass(frozen=True, slots=True)
class Entry:
    """Why somebody is enrolled. cause: with the contact, makes it one for ever. by: for people to
    read. answer: their own message did it. facts: what texts may say of the event."""

    cause: str
    by: str
    at: datetime
    answer: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admission:
    """enrolment None: not enrolled; reason names why. detail: what came of it, as a sentence.
    replaced: enrolments in other drips that end by it."""

    detail: str
    enrolment: Enrolment | None = None
    replaced: tuple[Enrolment, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is looked at for many people at once. rivals: by contact, those of other drips."""

    campaign: Campaign
    document: DripCampaign
    live: Directory
    past: Mapping[ObjectId, list[Enrolment]]
    rivals: Mapping[ObjectId, list[Enrolment]]
    priorities: Mapping[str, int]


def enrol(
    rt: Runtime,
    name: str,
    people: Sequence[Contact],
    entry: Entry,
    now: datetime,
    intake: Run | None = None,
) -> dict[ObjectId, Admission]:
    """{contact: what came of it}, for each of `people`. Safe to repeat.

    intake: a run whose checkpoint is kept with it. Raises enrolments.LostIntakeError.
    """
    admitted = plan(rt, name, people, entry, now)
    rows = [one.enrolment for one in admitted.values() if one.enrolment is not None]
    begun = enrolments.begin(rt.db, rows, intake)
    replaced = [row for who in begun for row in admitted[who].replaced]
    enrolments.end(rt.db, replaced, EnrolmentState.WITHDRAWN, REPLACED, now)
    late = {row["contact_id"] for row in rows} - begun
    return admitted | {who: Admission(f"is in {name} already") for who in late}


def plan(
    rt: Runtime, name: str, people: Sequence[Contact], entry: Entry, now: datetime
) -> dict[ObjectId, Admission]:
    """{contact: what enrolling them would come to}. Reads only."""
    campaign = campaigns.find(rt.db, name)
    refused = None
    document = None
    if campaign is None:
        refused = f"there is no campaign {name}"
    elif not isinstance(document := content.document_of(campaign), DripCampaign):
        refused = f"{name} is {document.type}, and has no steps to go through"
    elif campaign["state"] != CampaignState.ACTIVE or campaign["run_id"] is None:
        refused = f"campaign {name} is {campaign['state']}"
    if campaign is None or not isinstance(document, DripCampaign) or refused is not None:
        return {person["_id"]: Admission(refused or "") for person in people}
    return admit(rt, campaign, document, people, entry, now)


def admit(
    rt: Runtime,
    campaign: Campaign,
    document: DripCampaign,
    people: Sequence[Contact],
    entry: Entry,
    now: datetime,
) -> dict[ObjectId, Admission]:
    """{contact: what enrolling them comes to}, in whatever state the campaign is. Reads only."""
    on = _look(rt, campaign, document, people)
    workspace = rt.settings.timezone
    return {
        person["_id"]: _admit(on, person, entry, now, zone_of(person, workspace))
        for person in people
    }


def _look(
    rt: Runtime, campaign: Campaign, document: DripCampaign, people: Sequence[Contact]
) -> _Standing:
    ids = [person["_id"] for person in people]
    past: dict[ObjectId, list[Enrolment]] = {}
    for row in enrolments.of_people(rt.db, campaign["_id"], ids):
        past.setdefault(row["contact_id"], []).append(row)
    rivals: dict[ObjectId, list[Enrolment]] = {}
    priorities: dict[str, int] = {}
    if document.conflict != "both":
        others = [r for r in enrolments.active_of(rt.db, ids) if r["campaign"] != campaign["_id"]]
        for row in others:
            rivals.setdefault(row["contact_id"], []).append(row)
        found = campaigns.standing(rt.db, {row["campaign"] for row in others})
        priorities = {other: standing.priority for other, standing in found.items()}
    narrowed = not document.audience.is_everybody()
    live = segments.directory(rt.db) if narrowed else segments.of_rows([])
    return _Standing(campaign, document, live, past, rivals, priorities)


def _admit(on: _Standing, person: Contact, entry: Entry, now: datetime, zone: tzinfo) -> Admission:
    name = on.campaign["_id"]
    if not _in_audience(on, person, now):
        return Admission(f"not in the audience of {name}", reason="not_in_audience")
    if refused := _may_not_enter(on, person, entry):
        return refused
    rivals = on.rivals.get(person["_id"], [])
    if reason := _gives_way(on, rivals):
        return Admission(reason, reason="in_another_drip")
    enrolment = _enrolment(on, person, entry, now, zone)
    detail = f"enrolled; the first step is due {enrolment['due_at']:%Y-%m-%d %H:%M:%S} UTC"
    return Admission(detail, enrolment, tuple(rivals))


def _in_audience(on: _Standing, person: Contact, now: datetime) -> bool:
    if on.document.audience.is_everybody():
        return True
    try:
        return audience.includes(on.document.audience.people(), on.live, person, now)
    except ImpossibleSegmentError:
        return False


def _may_not_enter(on: _Standing, person: Contact, entry: Entry) -> Admission | None:
    name, reentry = on.campaign["_id"], on.document.reentry
    past = on.past.get(person["_id"], [])
    if any(row["cause"] == entry.cause for row in past):
        return Admission(f"was enrolled in {name} for this before", reason="enrolled_before")
    if any(row["state"] == EnrolmentState.ACTIVE for row in past):
        return Admission(f"is in {name} already", reason="in_it_already")
    # Whoever was in it when it was cancelled, and had nothing of it yet, may begin anew.
    had = [row for row in past if row["passed"] or row["state"] != EnrolmentState.CANCELLED]
    if not had or reentry == "always":
        return None
    if isinstance(reentry, Cooldown):
        again = max(row["enrolled_at"] for row in had) + timedelta(seconds=reentry.cooldown)
        if entry.at >= again:
            return None
        when = f"again from {again:%Y-%m-%d %H:%M} UTC"
        return Admission(f"was in {name} before; {when}", reason="enrolled_before")
    sentence = f"was in {name} before, and nobody goes through it twice"
    return Admission(sentence, reason="enrolled_before")


def _gives_way(on: _Standing, rivals: Sequence[Enrolment]) -> str | None:
    if not rivals:
        return None
    if on.document.conflict == "stay_out":
        return f"is in {rivals[0]['campaign']}, and {on.campaign['_id']} stays out of its way"
    for row in rivals:
        if on.priorities.get(row["campaign"], 0) > on.document.priority:
            return f"is in {row['campaign']}, which has the higher priority"
    return None


def _enrolment(
    on: _Standing, person: Contact, entry: Entry, now: datetime, zone: tzinfo
) -> Enrolment:
    at = min(entry.at, now)
    origin = timing.Origin(at, at, zone, person["attributes"])
    run_id = on.campaign["run_id"]
    if run_id is None:
        raise LookupError(f"{on.campaign['_id']} has no run")
    return {
        "_id": ObjectId(),
        "campaign": on.campaign["_id"],
        "contact_id": person["_id"],
        "cause": entry.cause,
        "run_id": run_id,
        "version": on.campaign["version"],
        "state": EnrolmentState.ACTIVE,
        "reason": None,
        "step": 0,
        "turn": 0,
        "enrolled_at": at,
        "previous_at": at,
        # Without the date that it counts from, the first step is passed over at once.
        "due_at": timing.due_at(on.document.steps[0], origin) or at,
        "by": entry.by,
        "answer": entry.answer,
        "facts": dict(entry.facts),
        "sent": {},
        "passed": [],
        "ended_at": None,
    }
