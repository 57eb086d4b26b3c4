"""Start a triggered campaign for one person, at most once for one event."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from campaigns import templates as fill
from campaigns.documents import CampaignDocument, Cooldown, read
from contacts import texts
from deliveries import outbox, replies
from deliveries.outbox import Order
from runtime import Runtime
from store import campaigns, contacts, deliveries, fires, templates
from store.deliveries import Move
from store.documents.campaign import Campaign, CampaignState
from store.documents.contact import Contact
from store.documents.delivery import DeliveryStatus, Purpose
from store.documents.fire import Fire, FireKind
from store.documents.template import Template

_PAUSED_LOOK_AGAIN = timedelta(seconds=15)
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


@lru_cache(maxsize=512)
def _document(definition: str) -> CampaignDocument:
    return read(json.loads(definition))


def document_of(campaign: Campaign) -> CampaignDocument:
    """The campaign's document; checking it again costs more than comparing its text."""
    return _document(json.dumps(campaign["definition"], sort_keys=True))


def start_for(rt: Runtime, name: str, contact: Contact, cause: Cause, now: datetime) -> Started:
    """Owe `contact` the message of campaign `name`. Safe to repeat: one event owes it once."""
    campaign = campaigns.find(rt.db, name)
    if campaign is None:
        return Started(False, f"there is no campaign {name}")
    if campaign["state"] != CampaignState.ACTIVE or campaign["run_id"] is None:
        return Started(False, f"campaign {name} is {campaign['state']}")
    document = document_of(campaign)
    if not document.audience.holds(frozenset(contact["segments"])):
        return Started(False, f"not in the audience of {name}")
    key = f"event:{cause.event_id}:campaign:{name}"
    if reason := _may_not_reenter(rt, document, contact, key, cause.at):
        return Started(False, reason)
    if document.delay:
        return _later(rt, campaign, timedelta(seconds=document.delay), contact, cause, key)
    return _owe(rt, campaign, document, contact, cause, key, now)


def _later(
    rt: Runtime,
    campaign: Campaign,
    delay: timedelta,
    contact: Contact,
    cause: Cause,
    key: str,
) -> Started:
    """Make the fire that will start it. Safe to repeat: its id is the cause."""
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
    fires.schedule(rt.db, [fire])
    return Started(False, f"waits until {due_at:%Y-%m-%d %H:%M:%S} UTC")


def fire(rt: Runtime, due: Fire, now: datetime) -> datetime | None:
    """A delay is over: owe the message now. Safe to repeat.

    Returns when to look again, where the campaign is paused; None where the fire is done, or void:
    its campaign was cancelled or begun anew, or the person is gone.
    """
    subject = due["subject"]
    campaign = campaigns.find(rt.db, subject["campaign"])
    contact = contacts.by_ids(rt.db, [subject["contact_id"]]).get(subject["contact_id"])
    if campaign is None or contact is None or campaign["run_id"] is None:
        return None
    run = campaigns.find_run(rt.db, campaign["run_id"])
    if run is None or run["number"] != due["version"]:
        return None
    if campaign["state"] == CampaignState.PAUSED:
        return now + _PAUSED_LOOK_AGAIN
    if campaign["state"] != CampaignState.ACTIVE:
        return None
    cause = Cause(**subject["cause"])
    document = document_of(campaign)
    key = f"event:{cause.event_id}:campaign:{campaign['_id']}"
    if _may_not_reenter(rt, document, contact, key, cause.at) is None:
        _owe(rt, campaign, document, contact, cause, key, now)
    return None


def _may_not_reenter(
    rt: Runtime, document: CampaignDocument, contact: Contact, key: str, at: datetime
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


def _owe(
    rt: Runtime,
    campaign: Campaign,
    document: CampaignDocument,
    contact: Contact,
    cause: Cause,
    key: str,
    now: datetime,
) -> Started:
    skip: str | None = None
    content: dict[str, Any] = {}
    template = _template(rt, document)
    try:
        content = _content(document, template, texts.context(contact, cause.facts))
    except texts.TextError:
        skip = "missing_variable"
    limits = document.limits
    order = Order(
        cause=key,
        contact_id=contact["_id"],
        purpose=Purpose.ANSWER if cause.answer else Purpose.CAMPAIGN,
        category=_category(document, template),
        message=content,
        due_at=now,
        campaign=campaign["_id"],
        run_id=campaign["run_id"],
        ignores=[
            name for name in ("quiet_hours", "frequency_cap") if getattr(limits, f"ignore_{name}")
        ],
        triggered_by={
            "event_id": cause.event_id,
            "rule": cause.rule,
            "rule_version": cause.rule_version,
            "campaign_version": campaign["version"],
        },
    )
    if skip is not None:
        outbox.refuse(rt.db, order, skip, now)
        return Started(False, f"skipped: {skip}")
    _, new = outbox.owe(rt.db, order, now)
    return Started(True, "owed" if new else "owed already")


def _template(rt: Runtime, document: CampaignDocument) -> Template | None:
    message = document.message
    if message.template is None or message.language is None:
        return None
    return templates.find(rt.db, message.template, message.language)


def _content(
    document: CampaignDocument, template: Template | None, context: Mapping[str, Any]
) -> dict[str, Any]:
    if document.message.template is not None:
        return fill.content(document.message, context, template)
    return replies.content(document.message.free_form(), context)


def _category(document: CampaignDocument, template: Template | None) -> str:
    if document.category is not None:
        return document.category
    if document.message.template is None:
        return "service"
    # An unknown template is taken for marketing: the strictest gates.
    return template["category"].lower() if template else "marketing"


def cancel_waiting(rt: Runtime, contact: Contact, event: str) -> int:
    """A custom event that some campaigns are cancelled by: what still waits is not sent.

    That is delays which are not over, and messages that wait for the morning, say. A campaign that
    is paused goes on later, and so is asked too. Says how many. Safe to repeat.
    """
    names = [
        campaign["_id"]
        for campaign in campaigns.all_of_them(rt.db)
        if campaign["state"] in (CampaignState.ACTIVE, CampaignState.PAUSED)
        and (cancel := document_of(campaign).cancel_if) is not None
        and cancel.event == event
    ]
    if not names:
        return 0
    waiting = fires.cancel_of(rt.db, names, contact["_id"])
    return waiting + _take_back(rt, contact, names)


def _take_back(rt: Runtime, contact: Contact, names: list[str]) -> int:
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
