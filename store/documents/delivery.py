"""One message we owe one person, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from bson import ObjectId


class DeliveryStatus(StrEnum):
    """Exclusive states, in the order a message goes through them.

    `unknown`: Meta may have the message; never sent again by machine. `skipped`: the gate refused
    it when it was due. `excluded`: left out when the audience was resolved.
    """

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"
    SKIPPED = "skipped"
    EXCLUDED = "excluded"


OWED = "owed"
ERASED = "erased"  # the token of a lease that was taken from a sender, its person being erased
_OWED = frozenset({"pending", "sending"})
_MOVING = frozenset({"accepted", "sent", "delivered", "read", "played"})


def stage_of(status: str) -> str | None:
    """What indexes know of a status: OWED until it left us, None while Meta reports on the message,
    else the status itself. Pure.

    MongoDB works out a row's keys for every index anew whenever one of them may have changed, some
    ten microseconds each. So no index looks at `status` itself: a claim and Meta's statuses, which
    come by the million, change nothing that an index knows.

    >>> stage_of("sending"), stage_of("read"), stage_of("failed")
    ('owed', None, 'failed')
    """
    if status in _OWED:
        return OWED
    return None if status in _MOVING else str(status)


class Purpose(StrEnum):
    """Why we write, which decides what the gate asks."""

    CAMPAIGN = "campaign"  # a campaign of ours reaches out
    ANSWER = "answer"  # a campaign that the person's own message started
    REPLY = "reply"  # a rule answers within the conversation
    CONFIRMATION = "confirmation"  # the one answer to STOP or START
    TEST = "test"  # a colleague looks at a campaign's message before it goes out


class Lease(TypedDict):
    """Who works on it now. A late result is taken only under the token it was leased with."""

    token: str
    until: datetime


class Claim(TypedDict):
    """What one sender claimed at once: where it dies, these are in doubt. `_id` is the token of the
    leases it gave the deliveries; until: when none of them can be under way any more."""

    _id: str
    ids: list[ObjectId]
    until: datetime


class DeliveryError(TypedDict):
    code: int | None  # Meta's; None where nothing was answered
    title: str
    at: datetime


class Reply(TypedDict):
    at: datetime
    wamid: str | None  # None: its person was erased
    attribution: str  # exact: it quotes this message | window: the last one before it
    button: str | None
    text: str | None


class Whom(TypedDict, total=False):
    """Of the person, as they were when we came to owe it. segments: those its campaign names."""

    language: str
    country: str
    segments: list[str]
    variant: str


class Delivery(TypedDict):
    """Unique on (cause, contact_id, step).

    cause: why we owe it: `event:<id>:campaign:<name>`, `event:<id>:rule:<rule>`, `run:<id>`,
    `enrolment:<id>:<version>` or `test:<id>`.
    message: what will be sent, frozen: the content part of Meta's body, `type` and what it names.
    Its links are those of its author; `landing` has the places of template buttons that go through
    a link of ours.
    ignores: gates that its campaign was told to pass: frequency_cap, quiet_hours.
    """

    _id: ObjectId
    cause: str
    contact_id: ObjectId
    step: int
    purpose: Purpose
    campaign: str | None
    run_id: ObjectId | None
    category: str  # marketing | utility | authentication | service
    message: dict[str, Any]
    ignores: list[str]
    holds: NotRequired[
        dict[str, str]
    ]  # {frequency_cap | quiet_hours | messaging_limit: wait | drop}
    active: NotRequired[dict[str, Any]]  # the hours in which its campaign writes
    status: DeliveryStatus
    stage: str | None  # of the status, as `stage_of` says; what indexes and queries by index ask
    status_at: datetime
    due_at: datetime  # not before then
    attempts: int
    tries: NotRequired[dict[str, int]]  # {Meta's code: how often it was met}
    lease: Lease | None
    wamid: str | None
    reason: str | None  # why it was skipped, or what it waits for
    error: DeliveryError | None
    times: dict[str, datetime]  # {status: when it was reached}
    pricing: dict[str, Any] | None  # Meta's own words
    reply: Reply | None
    clicks: list[str]  # buttons, and links as `link:1`, each once
    acted: NotRequired[dict[str, str]]  # {rule on what became of it: the event it acted for}
    triggered_by: dict[str, Any]  # {event_id, rule, rule_version}; of a recurring one campaign_type
    created_at: datetime
    of: NotRequired[Whom]  # what reports tell people apart by, frozen
    trace: NotRequired[str]  # W3C's traceparent of what owed it, where somebody traces


def campaign_type(delivery: Delivery) -> str | None:
    """The type of the campaign it belongs to: what owes it says so. Pure."""
    if not delivery["campaign"]:
        return None
    if (kind := delivery["cause"].partition(":")[0]) == "run":
        return str((delivery["triggered_by"] or {}).get("campaign_type", "one_time"))
    return "drip" if kind == "enrolment" else "triggered"
