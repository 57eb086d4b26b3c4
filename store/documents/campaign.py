"""A campaign's definition and state, and the runs it has had."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from bson import ObjectId


class CampaignState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class CampaignChange(TypedDict):
    """One step of its life: by whom, when, and why where a machine did it."""

    at: datetime
    by: str
    state: CampaignState
    reason: str | None


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
    created_at: datetime
    updated_at: datetime


class Run(TypedDict):
    """One start of a campaign.

    counters: {status: deliveries standing there now}; the funnel. They move in the same
    transaction that moves a delivery. tallies: what happened, each counted once a delivery:
    `reached.sent`, `replied`, `clicked`, `opted_out`, `skipped.<reason>`, `failed.<code>`,
    `button.<payload>`, `cost.<category>`, nested by their dots.
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
