"""How people leave a drip before its end: what they do stops it, they opt out, or are taken out.

What was owed to them and has not left is taken back. Everything here may be repeated.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bson import ObjectId

from campaigns import course, progress, stepping, timing
from campaigns.steps import DateAttribute, Stop
from campaigns.triggers import Happening
from contacts import changes
from deliveries.gate import zone_of
from runtime import Runtime
from store import campaigns, deliveries, enrolments, mongo
from store.deliveries import Move
from store.documents.campaign import Run
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus
from store.documents.enrolment import Enrolment, EnrolmentState
from store.documents.suppression import Scope
from store.enrolments import Turn

TAKEN_BACK = "enrolment_over"
CANCELLED = "campaign_cancelled"
_MOST_WAITING = 1000  # messages owed to one person at once


@dataclass(frozen=True, slots=True)
class Exits:
    """What ends the drips that people are in, and the dates that their steps count from, by
    version. Read-only, for one batch of events."""

    runs: dict[ObjectId, Run] = field(default_factory=dict)
    events: dict[str, set[ObjectId]] = field(default_factory=lambda: defaultdict(set))
    segments: dict[str, set[ObjectId]] = field(default_factory=lambda: defaultdict(set))
    dates: dict[str, set[ObjectId]] = field(default_factory=lambda: defaultdict(set))
    replied: set[ObjectId] = field(default_factory=set)
    clicked: set[ObjectId] = field(default_factory=set)

    @classmethod
    def of(cls, db: mongo.Db) -> "Exits":
        """As they stand now. Index: ended_at_1."""
        exits = cls()
        for run in campaigns.open_drips(db):
            exits.runs[run["_id"]] = run
            document = course.of_run(run).document
            for step in document.steps:
                if isinstance(step.from_, DateAttribute):
                    exits.dates[step.from_.attribute].add(run["_id"])
            for stop in document.stop_when:
                if isinstance(stop, Stop) and stop.event is not None:
                    exits.events[stop.event].add(run["_id"])
                elif isinstance(stop, Stop) and stop.segment is not None:
                    exits.segments[stop.segment].add(run["_id"])
                elif stop == "replied":
                    exits.replied.add(run["_id"])
                elif stop == "clicked":
                    exits.clicked.add(run["_id"])
        return exits


def happened(
    rt: Runtime, exits: Exits, contact: Contact, event_id: str, what: Happening, now: datetime
) -> int:
    """A custom event, or a change of the person: it stops the drips that say so. Says how many.

    A date that changed moves the step that counts from it.
    """
    runs, reason = exits.events.get(what.name), f"event:{what.name}"
    if what.name == changes.ENTERED:
        segment = str(what.properties.get("segment"))
        runs, reason = exits.segments.get(segment), f"segment:{segment}"
    elif what.name == changes.CHANGED:
        attribute = str(what.properties.get("attribute"))
        if dated := exits.dates.get(attribute):
            _move_steps(rt, exits, contact, attribute, dated)
    if not runs:
        return 0
    return _stop(rt, contact, lambda row: row["run_id"] in runs, reason, event_id, now)


def _move_steps(
    rt: Runtime, exits: Exits, contact: Contact, attribute: str, runs: set[ObjectId]
) -> None:
    """The step that comes next is due when the date says now. Safe to repeat."""
    turns = []
    zone = zone_of(contact, rt.settings.timezone)
    for row in enrolments.active_of(rt.db, [contact["_id"]]):
        if row["run_id"] not in runs:
            continue
        step = course.of_run(exits.runs[row["run_id"]]).steps[row["step"]]
        if not isinstance(step.from_, DateAttribute) or step.from_.attribute != attribute:
            continue
        origin = timing.Origin(row["enrolled_at"], row["previous_at"], zone, contact["attributes"])
        due_at = timing.due_at(step, origin) or row["previous_at"]
        if due_at != row["due_at"]:
            turns.append(Turn(row, {"due_at": due_at}))
    enrolments.put_at(rt.db, turns)


def answered(
    rt: Runtime,
    exits: Exits,
    contact: Contact,
    delivery: Delivery,
    event_id: str,
    now: datetime,
    *,
    tapped: bool,
    said: bool = True,
) -> int:
    """A drip's message was answered, or a button under it tapped. Says how many drips it stops.

    said: whether the person told us something; who opens a link does not.
    """
    campaign = delivery["campaign"]
    stops = dict.fromkeys(exits.replied, "replied") if said else {}
    if tapped:
        stops = dict.fromkeys(exits.clicked, "clicked") | stops
    mine = {
        run_id: reason
        for run_id, reason in stops.items()
        if exits.runs[run_id]["campaign"] == campaign
    }
    if not mine or campaign is None:
        return 0
    reason = next(iter(mine.values()))
    return _stop(rt, contact, lambda row: row["run_id"] in mine, reason, event_id, now)


def _stop(
    rt: Runtime,
    contact: Contact,
    which: Callable[[Enrolment], bool],
    reason: str,
    event_id: str,
    now: datetime,
) -> int:
    rows = [row for row in _theirs(rt, contact, event_id) if which(row)]
    _end(rt, contact, rows, EnrolmentState.STOPPED, reason, event_id, now)
    return len(rows)


def opted_out(
    rt: Runtime, exits: Exits, contact: Contact, scope: Scope, event_id: str, now: datetime
) -> int:
    """They said STOP: to marketing, or to everything. Says how many drips they leave."""
    if not exits.runs:
        return 0
    rows = [
        row
        for row in _theirs(rt, contact, event_id)
        if scope is Scope.ALL or _is_marketing(rt, exits, row)
    ]
    _end(rt, contact, rows, EnrolmentState.WITHDRAWN, "opted_out", event_id, now)
    return len(rows)


def _is_marketing(rt: Runtime, exits: Exits, row: Enrolment) -> bool:
    run = exits.runs.get(row["run_id"])
    if run is None:
        return False
    one = course.of_run(run)
    return progress.is_marketing(one, stepping.templates_of(rt.db, one))


def withdraw(
    rt: Runtime, contact: Contact, campaign: str, by: str, now: datetime, event_id: str = ""
) -> bool:
    """Take a person out of a drip; whether they were in it. by: for people to read."""
    rows = [row for row in _theirs(rt, contact, event_id) if row["campaign"] == campaign]
    _end(rt, contact, rows, EnrolmentState.WITHDRAWN, by, event_id, now)
    return bool(rows)


def _theirs(rt: Runtime, contact: Contact, event_id: str) -> list[Enrolment]:
    """Those that are going on, and those that this event ended before a crash."""
    found = enrolments.active_of(rt.db, [contact["_id"]])
    return found + (enrolments.ended_by(rt.db, contact["_id"], event_id) if event_id else [])


def _end(
    rt: Runtime,
    contact: Contact,
    rows: Sequence[Enrolment],
    state: EnrolmentState,
    reason: str,
    event_id: str,
    now: datetime,
) -> None:
    if not rows:
        return
    enrolments.end(rt.db, rows, state, reason, now, event_id or None)
    take_back(rt, contact["_id"], rows, now)


def take_back(rt: Runtime, contact_id: ObjectId, rows: Sequence[Enrolment], now: datetime) -> int:
    """What these ways through a drip still owe, and is not under way, is skipped."""
    owed = {key for row in rows for key in row["sent"].values()}
    causes = tuple(f"enrolment:{row['_id']}:" for row in rows)
    fields = {"reason": TAKEN_BACK, "status_at": now, "lease": None}
    moves = [
        Move(
            delivery,
            DeliveryStatus.SKIPPED,
            fields,
            tallies={f"skipped.{TAKEN_BACK}": 1},
        )
        for delivery in deliveries.pending_of(rt.db, contact_id, _MOST_WAITING)
        if not delivery["wamid"]
        and (delivery["_id"] in owed or delivery["cause"].startswith(causes))
    ]
    return len(deliveries.move(rt.db, moves))
