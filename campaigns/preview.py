"""What starting a campaign will come to: the launch's own plan, made for everybody and not kept."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bson import ObjectId

from campaigns import content, hearing, planning, service
from campaigns.documents import CampaignDocument, OneTimeCampaign
from campaigns.planning import Plan
from contacts import audience
from contacts.segments import ImpossibleSegmentError
from deliveries import check
from deliveries.gate import zone_of
from runtime import Runtime
from store import senders
from store.documents.campaign import Campaign, CampaignState
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus

_DAY_S = 86_400


@dataclass(slots=True)
class Preview:
    """audience: people in it; None of a campaign that people start themselves.

    messages: how many would be sent; with `excluded_by_reason` they sum to the audience.
    blockers: why it cannot start, a sentence each. cost: {category: messages that may be charged}.
    estimated_duration_s: from the first message to the last, at the rate it may have. next_fires:
    when it begins. exact: whether everybody was looked at, and not the first of them alone.
    """

    campaign: str
    state: CampaignState
    audience: int | None = None
    messages: int | None = None
    excluded_by_reason: dict[str, int] = field(default_factory=dict)
    blockers: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cost: dict[str, int] = field(default_factory=dict)
    rate_per_s: float = 0.0
    estimated_duration_s: float | None = None
    next_fires: list[datetime] = field(default_factory=list)
    exact: bool = True


@dataclass(slots=True)
class _Seen:
    people: int = 0
    at_night: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None


def of(rt: Runtime, name: str, now: datetime, at_most: int | None = None) -> Preview:
    """Look ahead; nothing is changed. Raises service.UnknownCampaignError.

    at_most: look at no more people than these, and say so.
    """
    campaign = service.find(rt.db, name)
    document = content.document_of(campaign)
    preview = Preview(name, campaign["state"])
    preview.blockers = [*service.blockers(rt.db, campaign), *_sender(rt, now)]
    preview.warnings = hearing.warnings(rt.db, document)
    preview.rate_per_s = float(rt.settings.messages_per_s)
    if not isinstance(document, OneTimeCampaign):
        return preview
    if reason := service.lateness(document.schedule, now):
        preview.blockers.append(reason)
    begins = max(now, document.schedule.begins()) if document.schedule else now
    seen = _Seen()
    try:
        for person, owed in _planned(rt, campaign, document, begins):
            if at_most is not None and seen.people >= at_most:
                preview.exact = False
                break
            _add(rt, seen, person, owed)
    except ImpossibleSegmentError as error:
        preview.blockers.append(f"Its audience cannot be asked: {error}.")
    _conclude(preview, seen, document, begins)
    return preview


def _sender(rt: Runtime, now: datetime) -> Iterator[str]:
    sender = senders.find(rt.db, rt.whatsapp.phone_number_id)
    if sender is not None and senders.blocked(sender, now):
        code = f" (Meta's {sender['code']})" if sender["code"] is not None else ""
        yield f"Nothing is sent from this number: {sender['reason']}{code}."


def _planned(
    rt: Runtime, campaign: Campaign, document: OneTimeCampaign, begins: datetime
) -> Iterator[tuple[Contact, Delivery]]:
    """Everybody, each with what they would be owed."""
    plan = Plan(
        document=document,
        template=content.template_of(rt.db, document),
        version=campaign["version"],
        policy=check.policy(rt.settings),
        run_id=ObjectId(),
    )
    for people in audience.stream(rt.db, document.audience.people(), begins):
        scopes = check.scopes(rt.db, people, begins)
        yield from zip(people, planning.rows(plan, people, scopes, begins), strict=True)


def _add(rt: Runtime, seen: _Seen, person: Contact, owed: Delivery) -> None:
    seen.people += 1
    if owed["status"] == DeliveryStatus.EXCLUDED:
        seen.reasons[owed["reason"] or ""] += 1
        return
    seen.categories[owed["category"]] += 1
    due = owed["due_at"]
    seen.first = min(seen.first or due, due)
    seen.last = max(seen.last or due, due)
    hours = rt.settings.quiet_hours
    if hours and "quiet_hours" not in owed["ignores"]:
        seen.at_night += hours.cover(due.astimezone(zone_of(person, rt.settings.timezone)))


def _conclude(preview: Preview, seen: _Seen, document: OneTimeCampaign, begins: datetime) -> None:
    messages = seen.categories.total()
    preview.audience = seen.people
    preview.messages = messages
    preview.excluded_by_reason = dict(seen.reasons.most_common())
    preview.cost = dict(seen.categories)
    preview.next_fires = [begins]
    spread = (seen.last - seen.first).total_seconds() if seen.first and seen.last else 0.0
    preview.estimated_duration_s = round(max(spread, messages / preview.rate_per_s), 1)
    preview.warnings += _warnings(preview, seen, document)


def _warnings(preview: Preview, seen: _Seen, document: CampaignDocument) -> Iterator[str]:
    if not preview.exact:
        yield f"Only the first {seen.people} people were looked at; there are more."
    if preview.audience == 0:
        yield "Nobody is in the audience."
    elif not preview.messages:
        yield "Nobody in the audience can be written to."
    if document.message.template is None:
        closed = seen.reasons["window_closed"]
        yield (
            "A free text reaches only those who wrote within the last 24 hours: "
            f"{closed} of {seen.people} did not."
        )
    for category, count in seen.categories.items():
        yield f"{count} messages count as {category}, and are charged as Meta charges that."
    if (preview.estimated_duration_s or 0) > _DAY_S:
        takes = timedelta(seconds=round(preview.estimated_duration_s or 0))
        yield f"It takes longer than a day: {takes} at {preview.rate_per_s:g} messages a second."
    if seen.at_night:
        yield f"It is night where {seen.at_night} of them live; they get it in the morning."
