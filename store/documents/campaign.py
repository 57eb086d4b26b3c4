"""A campaign's definition and state, and the runs it has had."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from bson import ObjectId

from store.documents.delivery import Lease


class CampaignState(StrEnum):
    """A triggered campaign is `active` while it listens; one with an audience is `running` while
    that is being written to, and ends by itself. A recurring one is `active` between its runs."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class CampaignChange(TypedDict):
    """One step of its life: by whom, when, and why where a machine did it."""

    at: datetime
    by: str
    state: CampaignState
    reason: str | None


class Series(TypedDict):
    """Where a recurring campaign stands.

    anchor: the first day, ISO. next_at: the occasion that comes next, or waits; None: none does.
    waits: it is due, and waits for the end of the run before it. skipped: {reason: occasions that
    were let go}. version: counts starts and changes of the schedule; a fire of another is stale.
    """

    anchor: str
    next_at: datetime | None
    waits: bool
    skipped: dict[str, int]
    version: int


class Occasion(TypedDict):
    """For which of its times a recurring campaign ran. day: of its clock, ISO."""

    day: str
    at: datetime


class Campaign(TypedDict):
    """`_id` is the campaign's name. definition: the campaign document as it was given."""

    _id: str
    type: str
    definition: dict[str, Any]
    version: int  # counts changes of the definition
    state: CampaignState
    reason: str | None  # why it is paused, where a machine did it
    run_id: ObjectId | None  # the run that is going on
    history: list[CampaignChange]
    series: NotRequired[Series]  # of a recurring campaign that was started
    created_at: datetime
    updated_at: datetime


class Launch(TypedDict):
    """How far the audience was turned into deliveries.

    due_at: when to begin or go on; None once everybody is written down, or the run was ended.
    after: the last person (of a retry: the last delivery) that was looked at.
    done_at: when all of them were. as_of: the moment at which filters are asked, however long it
    takes: `last_seen` within a week means the same for the first person and the last.
    """

    due_at: datetime | None
    after: ObjectId | None
    lease: Lease | None
    done_at: datetime | None
    as_of: datetime


class Intake(TypedDict):
    """How far the people of a segment were enrolled in a drip.

    due_at: when to go on; None once everybody is. after: the last person that was looked at. as_of:
    the moment at which filters are asked. cause: of the enrolments it makes.
    """

    due_at: datetime | None
    after: ObjectId | None
    lease: Lease | None
    as_of: datetime
    cause: str


class Watch(TypedDict):
    """What a run's counters said when its failures were last judged."""

    answered: int
    failed: int


class Run(TypedDict):
    """One start of a campaign.

    counters: {status: deliveries standing there now}; the funnel. They move in the same
    transaction that moves a delivery. tallies: what happened, each counted once a delivery:
    `reached.sent`, `replied`, `clicked`, `opted_out`, `skipped.<reason>`, `failed.<code>`,
    `button.<payload>`, `cost.<category>`, nested by their dots; `step.<n>.<status>`: how many of a
    later step stand there. store/marks says what each is.
    """

    _id: ObjectId
    campaign: str
    version: int
    number: int
    started_at: datetime
    ended_at: datetime | None
    counters: dict[str, int]
    tallies: dict[str, Any]
    excluded: NotRequired[dict[str, int]]  # by reason, counted when the audience was resolved
    launch: NotRequired[Launch]  # of a run with an audience
    definition: NotRequired[dict[str, Any]]  # of a drip: what people in this version go through
    intake: NotRequired[Intake]  # of a drip that enrols a segment
    occasion: NotRequired[Occasion]  # of a recurring campaign
    retry_of: NotRequired[ObjectId]  # the run whose failures this one tries again
    watch: NotRequired[Watch]
    repairs: NotRequired[int]  # how often its numbers were put right
    cancelled_at: NotRequired[datetime]  # what still waits in it is to be taken back
