"""What the API gives: each answer as a model, made from what the store holds."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from campaigns.foresight import Preview
from contacts import imports
from contacts.importer import ImportReport
from contacts.segments import Shown
from store import suppressions
from store.documents.attribute import AttributeDefinition, AttributeKind
from store.documents.campaign import Campaign, CampaignState
from store.documents.contact import Contact, OptIn
from store.documents.imported import Import
from store.documents.inbox import InboxItem, InboxKind
from store.documents.segment import SegmentKind
from store.documents.suppression import Scope, Suppression
from store.documents.template import Template


class RejectionAnswer(BaseModel):
    line: int
    reason: str


class ImportAnswer(BaseModel):
    """rejected lists the first 1,000; rejected_total counts all. id: of the import, for
    `/imports/{id}`."""

    id: str
    created: int
    updated: int
    unchanged: int
    opt_outs_kept: int
    rejected: list[RejectionAnswer]
    rejected_total: int

    @classmethod
    def of(cls, report: ImportReport) -> Self:
        return cls.model_validate(report, from_attributes=True)


class ImportStateAnswer(BaseModel):
    """state: running, done, failed or stopped. rejected_kept: how many rows can be fetched."""

    id: str
    kind: str
    source: str
    name: str | None
    by: str | None
    state: str
    error: str | None
    lines: int
    bytes_read: int
    bytes_in_all: int | None
    created: int
    updated: int
    unchanged: int
    opt_outs_kept: int
    rejected: int
    rejected_kept: int
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: Import, now: datetime) -> Self:
        return cls.model_validate({**row, "id": row["_id"], "state": imports.state_of(row, now)})


class ImportsAnswer(BaseModel):
    imports: list[ImportStateAnswer]


class AttributeAnswer(BaseModel):
    """source: whose value was the first: import, rule, api, command line, migration."""

    name: str
    kind: AttributeKind
    source: str
    defined_at: datetime

    @classmethod
    def of(cls, row: AttributeDefinition) -> Self:
        return cls.model_validate({**row, "name": row["_id"]})


class AttributesAnswer(BaseModel):
    attributes: list[AttributeAnswer]


class ConsentAnswer(BaseModel):
    state: OptIn
    source: str
    at: datetime
    evidence: str | None = None


class SuppressionAnswer(BaseModel):
    """What is held back now."""

    scope: Scope
    until: datetime | None
    source: str
    reason: str | None
    at: datetime

    @classmethod
    def of(cls, rows: Iterable[Suppression], now: datetime) -> Self | None:
        """The widest of what stands for a person at `now`."""
        standing = [row for row in rows if suppressions.standing(row, now)]
        if not standing:
            return None
        widest = max(standing, key=lambda row: (row["scope"] == Scope.ALL, row["at"]))
        return cls.model_validate(widest)


class ContactAnswer(BaseModel):
    id: str
    phone: str | None
    bsuid: str | None
    name: str | None
    username: str | None
    language: str | None
    country: str | None
    timezone: str | None
    attributes: dict[str, Any]
    segments: list[str]
    consent: ConsentAnswer
    suppression: SuppressionAnswer | None
    window_until: datetime | None
    last_inbound_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, contact: Contact, suppressed: Iterable[Suppression], now: datetime) -> Self:
        return cls.model_validate(
            {
                **contact,
                "id": str(contact["_id"]),
                "phone": f"+{contact['wa_id']}" if contact["wa_id"] else None,
                "suppression": SuppressionAnswer.of(suppressed, now),
            }
        )


class HistoryAnswer(BaseModel):
    """Newest first. kind: event | delivery | suppression."""

    history: list[dict[str, Any]]


class SegmentAnswer(BaseModel):
    """words: whom a live segment means, as a sentence. warnings: what its filter names and nobody
    has, told as it is described."""

    segment: str
    kind: SegmentKind
    where: dict[str, Any] | None
    words: str
    created_at: datetime | None
    updated_at: datetime | None
    warnings: list[str] = []

    @classmethod
    def of(cls, shown: Shown, warnings: Sequence[str] = ()) -> Self:
        found = cls.model_validate(shown, from_attributes=True)
        return found.model_copy(update={"warnings": list(warnings)})


class SegmentsAnswer(BaseModel):
    segments: list[SegmentAnswer]


class CountAnswer(BaseModel):
    """at: the moment it was asked about; a live segment may have others in it a second later."""

    count: int
    at: datetime


class MembersAnswer(BaseModel):
    """changed: who was not yet in it, or was. unknown: phones that no contact has."""

    changed: int
    unknown: list[str]


class TemplateAnswer(BaseModel):
    name: str
    language: str
    category: str
    status: str
    parameter_format: str
    components: list[dict[str, Any]]
    quality: str | None
    reason: str | None
    synced_at: datetime


class TemplatesAnswer(BaseModel):
    templates: list[TemplateAnswer]

    @classmethod
    def of(cls, rows: Iterable[Template]) -> Self:
        return cls(templates=[TemplateAnswer.model_validate(row) for row in rows])


class SyncAnswer(BaseModel):
    """How many templates Meta lists."""

    templates: int


class ChangeAnswer(BaseModel):
    at: datetime
    by: str
    state: CampaignState
    reason: str | None


class CampaignAnswer(BaseModel):
    """definition: the document as it was given. warnings: why it might never do anything, a
    sentence each."""

    campaign: str
    type: str
    state: CampaignState
    reason: str | None
    version: int
    definition: dict[str, Any]
    run_id: str | None
    history: list[ChangeAnswer]
    created_at: datetime
    updated_at: datetime
    warnings: list[str] = []

    @classmethod
    def of(cls, row: Campaign, warnings: Sequence[str] = ()) -> Self:
        run_id = row["run_id"]
        told = {"run_id": str(run_id) if run_id else None, "warnings": list(warnings)}
        return cls.model_validate({**row, "campaign": row["_id"], **told})


class CampaignsAnswer(BaseModel):
    campaigns: list[CampaignAnswer]


class PreviewAnswer(BaseModel):
    """What starting it will come to. `messages` and the exclusions sum to `audience`; both are null
    for a campaign that people start themselves. waiting_by_reason: of the messages, those that
    leave later than the rest. cost: {category: messages}."""

    campaign: str
    state: CampaignState
    audience: int | None
    messages: int | None
    excluded_by_reason: dict[str, int]
    waiting_by_reason: dict[str, int]
    blockers: list[str]
    warnings: list[str]
    cost: dict[str, int]
    rate_per_s: float
    estimated_duration_s: float | None
    next_fires: list[datetime]
    exact: bool

    @classmethod
    def of(cls, preview: Preview) -> Self:
        return cls.model_validate(preview, from_attributes=True)


class TestAnswer(BaseModel):
    """How many people are owed the message now."""

    owed: int


class ReportAnswer(BaseModel):
    """The funnel's states are exclusive and sum to `targeted`; `reached` is cumulative. happened,
    series: of the range asked for. took: seconds, p50 and p90, right within `error`. by: what came
    of people by language, country, segment, variant, step, and hour of sending. in_range: what is
    told by reason of it, by days of UTC; null where the whole was asked for.

    enrolments: of a drip, how its people stand; its `steps` tell of each version. occasions: of a
    recurring campaign, which comes next, and how many were skipped by which reason."""

    campaign: str
    type: str
    state: str
    runs: list[dict[str, Any]]
    funnel: dict[str, int]
    reached: dict[str, int]
    excluded_by_reason: dict[str, int]
    skipped_by_reason: dict[str, int]
    failed_by_code: list[dict[str, Any]]
    replied: int
    clicked: int
    clicks_by_button: dict[str, int]
    opted_out: int
    goals: int
    rates: dict[str, float | None]
    cost: dict[str, Any]
    series: dict[str, Any]
    steps: list[dict[str, Any]]
    happened: dict[str, int]
    conversion: float | None
    opt_out_rate: float | None
    took: dict[str, Any]
    by: dict[str, list[dict[str, Any]]]
    in_range: dict[str, Any] | None
    enrolments: dict[str, Any] | None = None
    occasions: dict[str, Any] | None = None


class WhyOne(BaseModel):
    """answer: one sentence. because: what it rests on. delivery: the row, where one was owed."""

    campaign: str | None
    answer: str
    because: list[str]
    delivery: dict[str, Any] | None


class WhyAnswer(BaseModel):
    messages: list[WhyOne]


class SuppressionRow(BaseModel):
    """One identity. phone: null where it is a BSUID, or the person was erased."""

    id: str
    phone: str | None
    bsuid: str | None
    scope: str | None
    until: datetime | None
    source: str
    reason: str | None
    at: datetime
    history: list[dict[str, Any]]

    @classmethod
    def of(cls, row: Suppression) -> Self:
        kind, _, name = row.get("identity", "").partition(":")
        named = {"phone": name if kind == "wa_id" else None}
        named["bsuid"] = name if kind == "bsuid" else None
        return cls.model_validate({**row, "id": row["_id"], **named})


class SuppressionsAnswer(BaseModel):
    """next: what to ask for with `after` to go on; null where these are the last."""

    suppressions: list[SuppressionRow]
    next: str | None


class BehindAnswer(BaseModel):
    """The people behind a number. next: what to ask for with `after` to go on; null at the end. A
    page may be short, and yet have a next."""

    people: list[dict[str, Any]]
    next: str | None


class LeftOutAnswer(BaseModel):
    """Somebody of a list who was not enrolled. place: in the list, from 0."""

    place: int
    reason: str


class EnrolledAnswer(BaseModel):
    """What came of a list of people."""

    enrolled: int
    left_out: list[LeftOutAnswer]


class EnrolmentAnswer(BaseModel):
    """One person's way through a drip. step: the place of the one that comes next, from 0."""

    id: str
    contact: str
    phone: str | None
    version: int
    state: str
    reason: str | None
    step: int
    enrolled_at: datetime
    due_at: datetime
    ended_at: datetime | None
    by: str


class EnrolmentsAnswer(BaseModel):
    """next: what to ask for with `after` to go on; null where these are the last."""

    enrolments: list[EnrolmentAnswer]
    next: str | None


class WithdrawnAnswer(BaseModel):
    """Whether the person was in it."""

    withdrawn: bool


class MovedAnswer(BaseModel):
    """How many people go on in the newest version."""

    moved: int


class EventAnswer(BaseModel):
    """duplicate: an event with this id was there before, and this one was not kept."""

    id: str
    duplicate: bool


class PutBackAnswer(BaseModel):
    at: datetime
    by: str
    reason: str


class DeadLetterAnswer(BaseModel):
    """id: as `event_id` in the logs; it tells nothing of whom it is about."""

    id: str
    kind: InboxKind
    shard: int
    tries: int
    reason: str | None = None
    at: datetime
    received_at: datetime
    put_back: list[PutBackAnswer] = []

    @classmethod
    def of(cls, row: InboxItem, name: str) -> Self:
        return cls.model_validate({**row, "id": name})


class DeadLettersAnswer(BaseModel):
    dead_letters: list[DeadLetterAnswer]


class ShownDeadLetterAnswer(DeadLetterAnswer):
    """content: the journaled JSON as text, or the bytes that could not be read."""

    content: str

    @classmethod
    def shown(cls, row: InboxItem, name: str, content: str) -> Self:
        return cls.model_validate({**row, "id": name, "content": content})


class RetriedAnswer(BaseModel):
    """How many were put back in line."""

    retried: int
