"""Start a triggered campaign, or a drip, for one person, at most once for one event."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns import content, enrolling
from campaigns.content import document_of
from campaigns.documents import Cooldown, DripCampaign, TriggeredCampaign
from campaigns.enrolling import Entry
from contacts import audience, handover, segments, texts
from contacts.segments import ImpossibleSegmentError
from deliveries import outbox
from deliveries.outbox import Order
from runtime import Runtime
from store import campaigns, contacts, deliveries, fires
from store.deliveries import Move
from store.documents.campaign import Campaign, CampaignState
from store.documents.contact import Contact
from store.documents.delivery import DeliveryStatus, Purpose
from store.documents.fire import Fire, FireKind

_MOST_WAITING = 1000  # messages owed to one person at once


@dataclass(frozen=True, slots=True)
class Cause:
    """What started it. answer: the person's own message did, an intent or a button.

    facts: what texts may speak of beside the contact. rule: None where the campaign's own trigger
    matched.
    """

    event_id: str
    at: datetime
    answer: bool
    rule: str | None = None
    rule_version: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Started:
    """What came of it. owed: whether a delivery stands now. detail: a sentence for `history`."""

    owed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What starting comes to: a message owed now, or a fire for later, or a place in a drip, or
    (with none of them) nothing.

    detail: which, as a sentence. skip: why `order`'s message will not be sent all the same.
    """

    detail: str
    order: Order | None = None
    skip: str | None = None
    fire: Fire | None = None
    entry: Entry | None = None


def start_for(rt: Runtime, name: str, contact: Contact, cause: Cause, now: datetime) -> Started:
    """Owe `contact` the message of campaign `name`. Safe to repeat: one event owes it once."""
    planned = plan(rt, name, contact, cause, now)
    if planned.fire is not None:
        fires.schedule(rt.db, [planned.fire])
    if planned.entry is not None:
        enrolled = enrolling.enrol(rt, name, [contact], planned.entry, now)
        return Started(False, enrolled[contact["_id"]].detail)
    if planned.order is None:
        return Started(False, planned.detail)
    return _owe(rt, planned.order, planned.skip, now)


def plan(rt: Runtime, name: str, contact: Contact, cause: Cause, now: datetime) -> Plan:
    """What starting `name` for `contact` comes to now. Changes nothing."""
    campaign = campaigns.find(rt.db, name)
    if campaign is None:
        return Plan(f"there is no campaign {name}")
    if campaign["state"] != CampaignState.ACTIVE or campaign["run_id"] is None:
        return Plan(f"campaign {name} is {campaign['state']}")
    document = document_of(campaign)
    if isinstance(document, DripCampaign):
        entry = entry_of(cause, name)
        return Plan(
            enrolling.plan(rt, name, [contact], entry, now)[contact["_id"]].detail, entry=entry
        )
    if not isinstance(document, TriggeredCampaign):
        return Plan(f"{name} is {document.type}, and starts for nobody alone")
    if not _in_audience(rt, document, contact, now):
        return Plan(f"not in the audience of {name}")
    key = f"event:{cause.event_id}:campaign:{name}"
    if reason := _may_not_reenter(rt, document, contact, key, cause.at):
        return Plan(reason)
    if document.delay:
        return _later(rt, campaign, timedelta(seconds=document.delay), contact, cause, key)
    order, skip = _order(rt, campaign, document, contact, cause, key, now)
    return Plan("owed", order, skip)


def entry_of(cause: Cause, name: str) -> Entry:
    """The same cause, for a drip. Pure."""
    by = f"rule {cause.rule}" if cause.rule else f"trigger of {name}"
    return Entry(f"event:{cause.event_id}", by, cause.at, cause.answer, cause.facts)


def _in_audience(rt: Runtime, document: TriggeredCampaign, contact: Contact, now: datetime) -> bool:
    if document.audience.is_everybody():
        return True
    try:
        meant = document.audience.people()
        return audience.includes(meant, segments.directory(rt.db), contact, now)
    except ImpossibleSegmentError:
        return False


def _later(
    rt: Runtime,
    campaign: Campaign,
    delay: timedelta,
    contact: Contact,
    cause: Cause,
    key: str,
) -> Plan:
    """The fire that will start it. Its id is the cause, so that making it twice makes one."""
    due_at = cause.at + delay
    run = campaigns.find_run(rt.db, campaign["run_id"]) if campaign["run_id"] else None
    fire: Fire = {
        "_id": f"{key}:{contact['_id']}",
        "kind": FireKind.START_CAMPAIGN,
        "subject": {
            "campaign": campaign["_id"],
            "contact_id": contact["_id"],
            "cause": {**asdict(cause), "facts": dict(cause.facts)},
        },
        "due_at": due_at,
        "version": run["number"] if run else 0,
        "lease": None,
        "tries": 0,
    }
    return Plan(f"waits until {due_at:%Y-%m-%d %H:%M:%S} UTC", fire=fire)


def fire(rt: Runtime, due: Fire, now: datetime) -> datetime | None:
    """A delay is over: owe the message now. Safe to repeat.

    Of a paused campaign it is owed all the same, and waits with that reason; of one that was
    cancelled or begun anew it is refused, and the person's history says so. While an agent answers
    the person it waits: nobody wants a machine to talk in between. None: it is done.
    """
    subject = due["subject"]
    campaign = campaigns.find(rt.db, subject["campaign"])
    contact = contacts.by_ids(rt.db, [subject["contact_id"]]).get(subject["contact_id"])
    if campaign is None or contact is None or campaign["run_id"] is None:
        return None
    document = document_of(campaign)
    if not isinstance(document, TriggeredCampaign):
        return None
    cause = Cause(**subject["cause"])
    key = f"event:{cause.event_id}:campaign:{campaign['_id']}"
    run = campaigns.find_run(rt.db, campaign["run_id"])
    stale = run is None or run["number"] != due["version"]
    if stale or campaign["state"] not in (CampaignState.ACTIVE, CampaignState.PAUSED):
        _let_go(rt, campaign, due["version"], contact, cause, key, now)
    elif (again := handover.look_again(contact, now)) is not None:
        return again
    elif _may_not_reenter(rt, document, contact, key, cause.at) is None:
        waits = "campaign_paused" if campaign["state"] == CampaignState.PAUSED else None
        _owe(rt, *_order(rt, campaign, document, contact, cause, key, now), now, waits)
    return None


def _let_go(
    rt: Runtime,
    campaign: Campaign,
    number: int,
    contact: Contact,
    cause: Cause,
    key: str,
    now: datetime,
) -> None:
    """Keep that what waited will not be sent, in the run in which it was to be."""
    run = campaigns.run_number(rt.db, campaign["_id"], number)
    order = Order(
        cause=key,
        contact_id=contact["_id"],
        purpose=_purpose(cause),
        category="service",
        message={},
        due_at=now,
        campaign=campaign["_id"],
        run_id=run["_id"] if run else None,
        triggered_by={"event_id": cause.event_id, "rule": cause.rule},
    )
    outbox.refuse(rt.db, order, "campaign_cancelled", now)


def _purpose(cause: Cause) -> Purpose:
    return Purpose.ANSWER if cause.answer else Purpose.CAMPAIGN


def _may_not_reenter(
    rt: Runtime, document: TriggeredCampaign, contact: Contact, key: str, at: datetime
) -> str | None:
    if document.reentry == "always":
        return None
    last = deliveries.last_had(rt.db, document.campaign, contact["_id"], besides=key)
    if last is None:
        return None
    if document.reentry == "once":
        return f"had {document.campaign} before, and it goes to each person once"
    if isinstance(document.reentry, Cooldown):
        again = last["created_at"] + timedelta(seconds=document.reentry.cooldown)
        if at < again:
            return f"had {document.campaign} before; again from {again:%Y-%m-%d %H:%M} UTC"
    return None


def _order(
    rt: Runtime,
    campaign: Campaign,
    document: TriggeredCampaign,
    contact: Contact,
    cause: Cause,
    key: str,
    now: datetime,
) -> tuple[Order, str | None]:
    """The message, and why it will not be sent."""
    skip: str | None = None
    message: dict[str, Any] = {}
    template = content.template_of(rt.db, document)
    try:
        message = content.filled(document, template, texts.context(contact, cause.facts))
    except texts.TextError:
        skip = "missing_variable"
    order = Order(
        cause=key,
        contact_id=contact["_id"],
        purpose=_purpose(cause),
        category=content.category_of(document, template),
        message=message,
        due_at=now,
        campaign=campaign["_id"],
        run_id=campaign["run_id"],
        ignores=content.ignores(document),
        holds=content.holds(document),
        active=document.active_hours.kept() if document.active_hours else None,
        of=content.whom(document, contact),
        triggered_by={
            "event_id": cause.event_id,
            "rule": cause.rule,
            "rule_version": cause.rule_version,
            "campaign_version": campaign["version"],
        },
    )
    return order, skip


def _owe(
    rt: Runtime, order: Order, skip: str | None, now: datetime, waits: str | None = None
) -> Started:
    if skip is not None:
        outbox.refuse(rt.db, order, skip, now)
        return Started(False, f"skipped: {skip}")
    _, new = outbox.owe(rt.db, order, now, waits)
    return Started(True, "owed" if new else "owed already")


def cancel_waiting(rt: Runtime, contact: Contact, names: Sequence[str]) -> int:
    """What still waits for the person of these campaigns is not sent: something took it back.

    That is delays which are not over, and messages that wait for the morning, say. A campaign that
    is paused goes on later, and so is asked too. Says how many. Safe to repeat.
    """
    if not names:
        return 0
    waiting = fires.cancel_of(rt.db, names, contact["_id"])
    return waiting + _take_back(rt, contact, names)


def _take_back(rt: Runtime, contact: Contact, names: Sequence[str]) -> int:
    """Deliveries of these campaigns that are owed and not under way."""
    moves = [
        Move(
            delivery,
            DeliveryStatus.SKIPPED,
            {"reason": "cancelled_by_event", "lease": None},
            tallies={"skipped.cancelled_by_event": 1},
        )
        for delivery in deliveries.pending_of(rt.db, contact["_id"], _MOST_WAITING)
        if delivery["campaign"] in names and not delivery["wamid"]
    ]
    return len(deliveries.move(rt.db, moves))
