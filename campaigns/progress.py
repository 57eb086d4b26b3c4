"""What comes of a drip's step for one person when its time has come. Pure.

Only whoever holds the step's fire asks, and keeps the answer if the enrolment still stands as read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns import content, timing
from campaigns.course import Course
from campaigns.steps import Condition, Stop, following, place_of
from contacts import texts
from contacts.filters.tree import Member, holds
from contacts.segments import Directory, ImpossibleSegmentError
from deliveries.outbox import Order
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Delivery, DeliveryStatus, Purpose
from store.documents.enrolment import Enrolment, EnrolmentState
from store.documents.suppression import Scope
from store.documents.template import Template

# What is later than this was missed, and not merely one of many that were due at once.
MISSED = timedelta(hours=1)
_LOOK_AGAIN = timedelta(seconds=2)
_UNDER_WAY = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
_NEVER_LEFT = (*_UNDER_WAY, DeliveryStatus.SKIPPED, DeliveryStatus.EXCLUDED, DeliveryStatus.FAILED)
_BEHIND = {
    "accepted": ("accepted", "sent", "delivered", "read", "played"),
    "sent": ("sent", "delivered", "read", "played"),
    "delivered": ("delivered", "read", "played"),
    "read": ("read", "played"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """All that is looked at. called_at: for when the fire was. sent: {place: delivery}. templates:
    by place. suppressed: what stands against the person, if they opted out."""

    course: Course
    enrolment: Enrolment
    contact: Contact
    sent: Mapping[int, Delivery]
    templates: Mapping[int, Template | None]
    live: Directory
    zone: ZoneInfo
    called_at: datetime
    now: datetime
    suppressed: Scope | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet. due_at: the step's time, where it is another than was thought."""

    until: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Over:
    """The person's way ends before this step."""

    state: EnrolmentState
    reason: str


@dataclass(frozen=True, slots=True)
class Go:
    """The step is passed. order: the message that is owed, or with `skip` is not, and why. came:
    what stands in the enrolment. place: of the step that follows, due_at when, None where none."""

    came: str
    at: datetime
    place: int
    due_at: datetime | None
    order: Order | None = None
    skip: str | None = None


Verdict = Wait | Over | Go


def decide(on: Sight) -> Verdict:
    """What comes of the enrolment's next step now."""
    place = on.enrolment["step"]
    if place >= len(on.course.steps):
        return Over(EnrolmentState.COMPLETED, "went through it")
    if reason := _left(on):
        return Over(EnrolmentState.WITHDRAWN, reason)
    if reason := _stopped(on):
        return Over(EnrolmentState.STOPPED, reason)
    if wait := _not_yet(on):
        return wait
    step = on.course.steps[place]
    for branch in step.branches:
        if _holds(on, branch.only_if):
            return _go(on, f"branch:{branch.go_to}", place_of(on.course.steps, branch.go_to))
    after = following(on.course.steps, place)
    if step.message is None:
        return _go(on, "branch:", after)
    return _said(on, after)


def _said(on: Sight, after: int) -> Go:
    step = on.course.steps[on.enrolment["step"]]
    origin = _origin(on)
    skip: str | None = None
    if timing.due_at(step, origin) is None:
        skip = "no_date"
    elif timing.is_over(step, origin):
        skip = "date_passed"
    elif _is_missed(on, after):
        skip = "missed"
    elif step.only_if is not None and not _holds(on, step.only_if):
        skip = "only_if"
    order, unfilled = _order(on)
    skip = skip or unfilled
    came = f"skipped:{skip}" if skip else "owed"
    return _go(on, came, after, order, skip)


def _go(
    on: Sight, came: str, place: int, order: Order | None = None, skip: str | None = None
) -> Go:
    at = on.enrolment["due_at"]
    if on.now - at > MISSED and skip != "missed":
        at = on.now  # it went out late, and what follows it counts from then
    if place >= len(on.course.steps):
        return Go(came, at, place, None, order, skip)
    origin = timing.Origin(on.enrolment["enrolled_at"], at, on.zone, on.contact["attributes"])
    due_at = timing.due_at(on.course.steps[place], origin) or at
    return Go(came, at, place, max(due_at, at), order, skip)


def _origin(on: Sight) -> timing.Origin:
    row = on.enrolment
    return timing.Origin(row["enrolled_at"], row["previous_at"], on.zone, on.contact["attributes"])


def _left(on: Sight) -> str | None:
    if on.contact["consent"]["state"] != OptIn.NO:
        return None
    if on.suppressed is Scope.ALL or is_marketing(on.course, on.templates):
        return "opted_out"
    return None


def is_marketing(course: Course, templates: Mapping[int, Template | None]) -> bool:
    """Whether any of its messages is marketing, so that the whole drip is."""
    return any(
        view is not None and content.category_of(view, templates.get(place)) == "marketing"
        for place, view in enumerate(course.views)
    )


def _stopped(on: Sight) -> str | None:
    for stop in on.course.document.stop_when:
        if not isinstance(stop, Stop):
            continue  # an answer and a tap are heard when they come
        if stop.segment is not None and _is_in(on, stop.segment):
            return f"segment:{stop.segment}"
        if stop.where is not None and holds(on.live.expand(stop.where.tree), on.contact, on.now):
            return "where"
    return None


def _is_in(on: Sight, segment: str) -> bool:
    try:
        return holds(on.live.expand(Member(segment)), on.contact, on.now)
    except ImpossibleSegmentError:
        return False


def _not_yet(on: Sight) -> Wait | None:
    """Its hours are closed, its date was moved, or the message before it has not left."""
    step, row = on.course.steps[on.enrolment["step"]], on.enrolment
    due_at = timing.due_at(step, _origin(on))
    if due_at is not None and not timing.is_over(step, _origin(on)):
        due_at = max(due_at, timing.within(step, max(on.now, due_at), on.zone))
        if due_at > on.now:
            return Wait(due_at, due_at)
    previous = _previous(on)
    if previous is not None and previous["status"] in _UNDER_WAY:
        # The longer it has been held up, the longer it will be, by a night or a full line.
        pause = max(_LOOK_AGAIN, (on.now - row["due_at"]) / 10)
        return Wait(max(on.now + pause, previous["due_at"] + _LOOK_AGAIN))
    return None


def _is_missed(on: Sight, after: int) -> bool:
    if on.now - on.called_at <= MISSED or on.course.document.missed == "catch_up":
        return False
    if on.course.document.missed == "skip":
        return True
    if after >= len(on.course.steps):
        return False
    origin = timing.Origin(
        on.enrolment["enrolled_at"], on.enrolment["due_at"], on.zone, on.contact["attributes"]
    )
    # Of all that were missed, the last goes out: this one, unless the next one's time came as well.
    due_at = timing.due_at(on.course.steps[after], origin)
    return due_at is not None and due_at <= on.now


def _previous(on: Sight, name: str | None = None) -> Delivery | None:
    """The last message of the drip that they were owed, or that of the named step."""
    if name is not None:
        return on.sent.get(place_of(on.course.steps, name))
    return on.sent[max(on.sent)] if on.sent else None


def _holds(on: Sight, condition: Condition) -> bool:
    if condition.where is not None:
        try:
            if not holds(on.live.expand(condition.where.tree), on.contact, on.now):
                return False
        except ImpossibleSegmentError:
            return False
    if not condition.looks_back:
        return True
    delivery = _previous(on, condition.of)
    if delivery is None:
        return condition.previous == "skipped" and condition.button is None
    if condition.button is not None and condition.button not in delivery["clicks"]:
        return False
    return condition.previous is None or became(delivery, condition.previous)


def became(delivery: Delivery, outcome: str) -> bool:
    """Whether this became of a message. Of the negatives, only of one that left: whoever never got
    it has not left it unread; `not_delivered` holds for what failed, too."""
    if outcome == "not_delivered":
        left = delivery["status"] not in _UNDER_WAY and delivery["status"] != DeliveryStatus.SKIPPED
        return left and not became(delivery, "delivered")
    if outcome.startswith("not_"):
        return delivery["status"] not in _NEVER_LEFT and not became(
            delivery, outcome.removeprefix("not_")
        )
    if outcome == "replied":
        return delivery["reply"] is not None
    if outcome == "clicked":
        return bool(delivery["clicks"])
    if outcome in _BEHIND:
        reached = {delivery["status"], *delivery["times"]}
        return any(status in reached for status in _BEHIND[outcome])
    return delivery["status"] == outcome


def _order(on: Sight) -> tuple[Order, str | None]:
    """The step's message, and why it cannot be filled in."""
    row, place = on.enrolment, on.enrolment["step"]
    view = on.course.views[place]
    if view is None:
        raise LookupError(f"step {place} of {row['campaign']} has no message")
    template = on.templates.get(place)
    skip, message = None, {}
    try:
        message = content.filled(view, template, texts.context(on.contact, row["facts"]))
    except texts.TextError:
        skip = "missing_variable"
    order = Order(
        cause=f"enrolment:{row['_id']}:{row['version']}",
        contact_id=on.contact["_id"],
        step=place,
        purpose=Purpose.ANSWER if _answers(on) else Purpose.CAMPAIGN,
        category=content.category_of(view, template),
        message=message,
        due_at=on.now,
        campaign=row["campaign"],
        run_id=row["run_id"],
        ignores=content.ignores(view),
        holds=content.holds(view),
        triggered_by={"enrolled_by": row["cause"], "campaign_version": row["version"]},
        of=content.whom(view, on.contact),
    )
    return order, skip


def _answers(on: Sight) -> bool:
    """Whether it is the answer to what the person wrote themselves: the first step, at once."""
    step = on.course.steps[on.enrolment["step"]]
    at_once = step.from_ == "enrolment" and not step.after and not step.between and not step.on
    return on.enrolment["answer"] and on.enrolment["step"] == 0 and at_once
