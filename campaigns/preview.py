"""What starting a campaign will come to: the launch's own plan, made for everybody and not kept."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bson import ObjectId

from campaigns import content, drip_preview, foresight, hearing, occasions, planning, service
from campaigns.documents import (
    AudienceCampaign,
    CampaignDocument,
    DripCampaign,
    OneTimeCampaign,
    RecurringCampaign,
)
from campaigns.foresight import Preview
from campaigns.planning import Plan
from contacts import audience
from contacts.segments import ImpossibleSegmentError
from deliveries import check, number, reach
from deliveries.gate import zone_of
from runtime import Runtime
from store import reach as store_reach
from store import senders
from store.documents.campaign import Campaign
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus
from store.documents.reach import Reach

_DAY_S = 86_400
_NOT_TOLD: Reach = {"_id": ""}


@dataclass(slots=True)
class _Seen:
    people: int = 0
    at_night: int = 0
    unasked: int = 0  # whom Meta would count anew
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
    preview.blockers = service.blockers(rt.db, campaign)
    preview.warnings = hearing.warnings(rt.db, document)
    _add_sender(preview, rt, now)
    fastest = document.limits.rate_per_s or rt.settings.messages_per_s
    preview.rate_per_s = float(min(fastest, rt.settings.messages_per_s))
    if isinstance(document, DripCampaign):
        drip_preview.add(preview, rt, campaign, document, now, at_most)
    if not isinstance(document, AudienceCampaign):
        return preview
    begins = _begins(preview, campaign, document, now)
    seen = _Seen()
    limit = store_reach.find(rt.db, rt.whatsapp.waba_id) or _NOT_TOLD
    try:
        for batch in _planned(rt, campaign, document, begins):
            left = len(batch) if at_most is None else at_most - seen.people
            preview.exact = left >= len(batch)
            _add(rt, seen, batch[:left], begins, limited=limit.get("limit") is not None)
            if not preview.exact:
                break
    except ImpossibleSegmentError as error:
        preview.blockers.append(f"Its audience cannot be asked: {error}.")
    _conclude(preview, seen, document, begins, limit)
    return preview


def _begins(
    preview: Preview, campaign: Campaign, document: AudienceCampaign, now: datetime
) -> datetime:
    """When its first message leaves next. A recurring one tells of a year."""
    if isinstance(document, RecurringCampaign):
        coming = occasions.coming(document.schedule, campaign.get("series"), now)
        preview.next_fires = [one.at for one in coming]
        if not coming:
            preview.blockers.append(occasions.OVER)
        return coming[0].at if coming else now
    schedule = document.schedule if isinstance(document, OneTimeCampaign) else None
    if reason := service.lateness(schedule, now):
        preview.blockers.append(reason)
    begins = max(now, schedule.begins()) if schedule else now
    preview.next_fires = [begins]
    return begins


def _add_sender(preview: Preview, rt: Runtime, now: datetime) -> None:
    """Whether Meta lets the number send: what stopped it before, and what Meta says when asked."""
    checked = number.look(rt, now)
    sender = senders.find(rt.db, rt.whatsapp.phone_number_id)
    if sender is not None and senders.blocked(sender, now):
        code = f" (Meta's {sender['code']})" if sender["code"] is not None else ""
        preview.blockers.append(f"Nothing is sent from this number: {sender['reason']}{code}.")
    elif checked["fault"] is not None and number.stops_sending(checked):
        preview.blockers.append(
            f"Meta refuses our token or number: {checked['fault']} (Meta's {checked['code']})."
        )
    elif checked["fault"] is not None:
        preview.warnings.append(f"Whether Meta lets us send is not known: {checked['fault']}.")


def _planned(
    rt: Runtime, campaign: Campaign, document: AudienceCampaign, begins: datetime
) -> Iterator[list[tuple[Contact, Delivery]]]:
    """Everybody, a batch at a time, each with what they would be owed."""
    plan = Plan(
        document=document,
        template=content.template_of(rt.db, document),
        version=campaign["version"],
        policy=check.policy(rt.settings),
        run_id=ObjectId(),
        schedule=document.schedule if isinstance(document, OneTimeCampaign) else None,
    )
    for people in audience.stream(rt.db, document.audience.people(), begins):
        scopes = check.scopes(rt.db, people, begins)
        yield list(zip(people, planning.rows(plan, people, scopes, begins), strict=True))


def _add(
    rt: Runtime,
    seen: _Seen,
    batch: Sequence[tuple[Contact, Delivery]],
    begins: datetime,
    *,
    limited: bool,
) -> None:
    unasked = [
        person["_id"]
        for person, owed in batch
        if owed["status"] != DeliveryStatus.EXCLUDED and reach.counts(owed, person, begins)
    ]
    if limited:
        slots = store_reach.slots_of(rt.db, unasked)
        seen.unasked += sum(not reach.still_counted(slots.get(one), begins) for one in unasked)
    for person, owed in batch:
        _add_one(rt, seen, person, owed)


def _add_one(rt: Runtime, seen: _Seen, person: Contact, owed: Delivery) -> None:
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


def _conclude(
    preview: Preview, seen: _Seen, document: AudienceCampaign, begins: datetime, limit: Reach
) -> None:
    messages = seen.categories.total()
    preview.audience = seen.people
    preview.messages = messages
    preview.excluded_by_reason = dict(seen.reasons.most_common())
    preview.cost = dict(seen.categories)
    preview.hold("quiet_hours", seen.at_night, document.limits.at_night)
    spread = (seen.last - seen.first).total_seconds() if seen.first and seen.last else 0.0
    preview.estimated_duration_s = round(max(spread, messages / preview.rate_per_s), 1)
    foresight.add_limit(preview, limit, seen.unasked, document.limits.over_limit, begins)
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
        get = "do not get it" if document.limits.at_night == "drop" else "get it in the morning"
        yield f"It is night where {seen.at_night} of them live; they {get}."
