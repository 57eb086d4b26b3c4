"""What the rules saw and what they decided, kept so that every decision can be explained."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from bson import ObjectId


class Outcome(StrEnum):
    """What came of an action. `again`: it failed, and is tried once more later."""

    DONE = "done"
    AGAIN = "again"
    FAILED = "failed"


class ActionRecord(TypedDict):
    """One action of a rule that held. detail says what came of it."""

    rule: str
    action: dict[str, Any]
    outcome: Outcome
    detail: str | None


class EventRecord(TypedDict):
    """One event of one person. `_id` is the event's id; a repeat finds the decision made before.

    decision: {rule_version, engine, intents: [{name, how, confidence}], rules: [name, …]} or None
    where no rule was asked (an opt-out, say; then `handled` tells). about: what else the rules were
    told, where there was anything: button_title, campaign_type, step, error_code, after_s.
    """

    _id: str
    name: str  # message, opted_out, replied, delivered …
    contact_id: ObjectId
    at: datetime
    recorded_at: datetime
    text: str | None
    button: str | None
    message_type: str | None
    campaign: str | None
    delivery_id: ObjectId | None
    properties: dict[str, Any]
    about: NotRequired[dict[str, Any]]
    handled: str | None  # by what, where not by rules: stop, start, handed_over
    decision: dict[str, Any] | None
    actions: list[ActionRecord]
