"""What a campaign with an audience owes each person in it, or why it leaves them out. Pure.

The checks are the gate's own, so that what a launch leaves out, a preview foretells, and a sender
would refuse, are the same; they are asked once more when the message is about to leave.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from campaigns import content
from campaigns.documents import AudienceCampaign
from campaigns.schedule import Schedule
from contacts import texts
from deliveries import outbox
from deliveries.gate import Policy, Standing, exclusion, zone_of
from deliveries.outbox import Order
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus, Purpose
from store.documents.suppression import Scope
from store.documents.template import Template

HAD_LATELY = "had_lately"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is the same for everybody in a run. schedule: absent means at once."""

    document: AudienceCampaign
    template: Template | None
    version: int
    policy: Policy
    run_id: ObjectId
    schedule: Schedule | None = None


def rows(
    plan: Plan, people: Sequence[Contact], scopes: Mapping[ObjectId, Scope], now: datetime
) -> list[Delivery]:
    """A delivery for each of `people`: pending, its message frozen, or excluded with its reason.

    What is the same in all of them is one object, so they are to be kept and not changed.
    """
    alike = _alike(plan, now)
    return [_row(plan, alike, person, scopes.get(person["_id"]), now) for person in people]


def row(plan: Plan, person: Contact, suppressed: Scope | None, now: datetime) -> Delivery:
    """The delivery for one person."""
    return _row(plan, _alike(plan, now), person, suppressed, now)


def _alike(plan: Plan, now: datetime) -> Delivery:
    """What is the same for everybody: worked out once for a thousand people."""
    document = plan.document
    order = Order(
        cause=f"run:{plan.run_id}",
        contact_id=ObjectId(),
        purpose=Purpose.CAMPAIGN,
        category=content.category_of(document, plan.template),
        message={},
        due_at=now,
        campaign=document.campaign,
        run_id=plan.run_id,
        ignores=content.ignores(document),
        holds=content.holds(document),
        triggered_by={"campaign_version": plan.version, **_type(document)},
    )
    return outbox.document(order, now, DeliveryStatus.PENDING, None)


def _type(document: AudienceCampaign) -> dict[str, str]:
    return {} if document.type == "one_time" else {"campaign_type": document.type}


def _row(
    plan: Plan, alike: Delivery, person: Contact, suppressed: Scope | None, now: datetime
) -> Delivery:
    pending: Delivery = {
        **alike,
        "_id": ObjectId(),
        "contact_id": person["_id"],
        "due_at": _due_at(plan, person, now),
        "of": content.whom(plan.document, person),
    }
    reason: str | None = None
    try:
        pending["message"] = content.filled(plan.document, plan.template, texts.context(person))
    except texts.TextError:
        reason = "missing_variable"
    standing = Standing(
        delivery=pending,
        contact=person,
        suppressed=suppressed,
        template=plan.template,
        recent=(),
        policy=plan.policy,
        now=now,
    )
    refused = exclusion(standing)
    why = refused.reason if refused else reason
    if why is None:
        return pending
    return _excluded(pending, why)


def _excluded(pending: Delivery, reason: str) -> Delivery:
    return {
        **pending,
        "status": DeliveryStatus.EXCLUDED,
        "stage": "excluded",
        "reason": reason,
        "message": {},
    }


def without(rows: Sequence[Delivery], had: Collection[ObjectId]) -> list[Delivery]:
    """The same, but for those who had it lately, and are left out."""
    return [
        _excluded(row, HAD_LATELY)
        if row["contact_id"] in had and row["status"] != DeliveryStatus.EXCLUDED
        else row
        for row in rows
    ]


def _due_at(plan: Plan, person: Contact, now: datetime) -> datetime:
    schedule = plan.schedule
    if schedule is None or not schedule.by_recipient:
        return now
    return max(now, schedule.moment_for(zone_of(person, plan.policy.timezone)))
