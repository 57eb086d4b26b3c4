"""A person's way through a drip."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from bson import ObjectId


class EnrolmentState(StrEnum):
    """`active` until one of the others: no step follows; what `stop_when` names happened; the
    person was taken out, by themselves or by others; the campaign was cancelled."""

    ACTIVE = "active"
    COMPLETED = "completed"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class Passed(TypedDict):
    """A step that is behind them: of which version, when, and what came of it."""

    step: int
    version: int
    at: datetime
    came: str  # owed | skipped:<reason> | branch:<name>


class Enrolment(TypedDict):
    """Unique on (campaign, contact_id, cause), and of the active ones on (campaign, contact_id).

    cause: what enrolled them: `event:<id>`, `segment:<name>:<moment>`, `file:<id>` or `hand:<id>`.
    run_id, version: which version of the drip they are in. step: the place of the step that comes
    next, from 0, due at `due_at`. turn: counts its changes; whoever moves it says which one was
    read. facts: what texts may say of the event. sent: {place of a step: its delivery}.
    """

    _id: ObjectId
    campaign: str
    contact_id: ObjectId
    cause: str
    run_id: ObjectId
    version: int
    state: EnrolmentState
    reason: str | None
    step: int
    turn: int
    enrolled_at: datetime
    previous_at: datetime
    due_at: datetime
    by: str  # who or what enrolled them
    answer: bool  # their own message did
    facts: dict[str, Any]
    sent: dict[str, ObjectId]
    passed: list[Passed]
    ended_at: datetime | None
    ended_by: NotRequired[str]  # the event that ended it
