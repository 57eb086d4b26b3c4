"""What starting a drip will come to: who is enrolled at once, and when its steps fall."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from bson import ObjectId

from campaigns import content, enrolling, timing
from campaigns.documents import DripCampaign
from campaigns.enrolling import Entry
from campaigns.foresight import Preview
from campaigns.steps import DateAttribute, following
from contacts import audience
from contacts.audience import Audience
from contacts.segments import ImpossibleSegmentError
from runtime import Runtime
from store.documents.campaign import Campaign


def add(
    preview: Preview,
    rt: Runtime,
    campaign: Campaign,
    document: DripCampaign,
    now: datetime,
    at_most: int | None,
) -> None:
    """Tell it of the people in its segment, where it enrols one, and of the times of its steps."""
    preview.next_fires = list(_moments(rt, document, now))
    preview.warnings += list(_dated(document))
    if document.enrol is not None and document.enrol.segment is not None:
        try:
            _add_people(preview, rt, campaign, document, now, at_most)
        except ImpossibleSegmentError as error:
            preview.blockers.append(f"Its segment cannot be asked: {error}.")


def _add_people(
    preview: Preview,
    rt: Runtime,
    campaign: Campaign,
    document: DripCampaign,
    now: datetime,
    at_most: int | None,
) -> None:
    segment = document.enrol.segment if document.enrol else None
    meant = Audience(segments=(segment or "",))
    entry = Entry(f"segment:{segment}:preview", f"segment {segment}", now)
    would: Campaign = {**campaign, "run_id": campaign["run_id"] or ObjectId()}
    seen, enrolled = 0, 0
    reasons: Counter[str] = Counter()
    for people in audience.stream(rt.db, meant, now):
        some = people if at_most is None else people[: at_most - seen]
        preview.exact = len(some) == len(people)
        for admission in enrolling.admit(rt, would, document, some, entry, now).values():
            enrolled += admission.enrolment is not None
            reasons.update([admission.reason] if admission.reason else [])
        seen += len(some)
        if not preview.exact:
            preview.warnings.append(f"Only the first {seen} people were looked at; there are more.")
            break
    views = content.views(document)
    categories = Counter(
        content.category_of(view, content.template_of(rt.db, view)) for _, view in views
    )
    preview.audience, preview.messages = seen, enrolled
    preview.excluded_by_reason = dict(reasons.most_common())
    preview.cost = {category: enrolled * count for category, count in categories.items()}
    preview.estimated_duration_s = round(enrolled / preview.rate_per_s, 1)
    if not seen:
        preview.warnings.append("Nobody is in the segment now; whoever enters it is enrolled.")


def _moments(rt: Runtime, document: DripCampaign, now: datetime) -> Iterator[datetime]:
    """When its steps fall for somebody who is enrolled now, on the workspace's clock, and takes no
    branch; those that count from a date of the person's are left out."""
    place, at = 0, now
    while place < len(document.steps):
        step = document.steps[place]
        origin = timing.Origin(now, at, rt.settings.timezone, {})
        due_at = timing.due_at(step, origin)
        if due_at is not None:
            at = due_at
            yield due_at
        place = following(document.steps, place)


def _dated(document: DripCampaign) -> Iterator[str]:
    dated = {
        step.from_.attribute for step in document.steps if isinstance(step.from_, DateAttribute)
    }
    for attribute in sorted(dated):
        yield f"Steps that count from {attribute} fall when each person's own {attribute} says."
