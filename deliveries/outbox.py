"""Write down what we owe somebody, before anything is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId

from config import tracing
from store import deliveries, mongo
from store.documents.delivery import Delivery, DeliveryStatus, Purpose, Whom, stage_of

QUOTED = "quoted"


@dataclass(frozen=True, slots=True)
class Order:
    """One message for one person. cause, with contact and step, makes it one for ever."""

    cause: str
    contact_id: ObjectId
    purpose: Purpose
    category: str
    message: Mapping[str, Any]
    due_at: datetime
    step: int = 0
    campaign: str | None = None
    run_id: ObjectId | None = None
    ignores: Sequence[str] = ()
    holds: Mapping[str, str] = field(default_factory=dict)
    active: Mapping[str, Any] | None = None
    triggered_by: Mapping[str, Any] = field(default_factory=dict)
    of: Whom = field(default_factory=dict)  # type: ignore[assignment]  # mypy takes no {} for it
    trace: str | None = field(default_factory=tracing.current)


def owe(
    db: mongo.Db, order: Order, now: datetime, waits_for: str | None = None
) -> tuple[Delivery, bool]:
    """The delivery for `order` and whether it is new. Safe to repeat: the first one stands.

    waits_for: a reason, where it is known already that it will not leave at once.
    """
    pending = document(order, now, DeliveryStatus.PENDING, waits_for)
    return deliveries.owe(db, _traced(order, pending))


def owe_many(db: mongo.Db, orders: Sequence[Order], now: datetime) -> None:
    """Owe these, none of which belongs to a run, in one write. Safe to repeat."""
    pending = DeliveryStatus.PENDING
    documents = [_traced(order, document(order, now, pending, None)) for order in orders]
    deliveries.owe_many(db, documents)


def refuse(db: mongo.Db, order: Order, reason: str, now: datetime) -> tuple[Delivery, bool]:
    """Keep that we would have owed this, and why nothing will be sent. Safe to repeat."""
    skipped = document(order, now, DeliveryStatus.SKIPPED, reason)
    return deliveries.owe(db, _traced(order, skipped, reason))


def _traced(order: Order, row: Delivery, refused: str = "") -> Delivery:
    """The row with what its sending follows from, where the order came out of something traced."""
    if order.trace is not None:
        about: dict[str, tracing.Value] = {"purpose": order.purpose, "category": order.category}
        about |= {"refused": refused} if refused else {}
        owed = tracing.record("delivery owed", order.trace, tracing.clock(), **about)
        if owed is not None:
            row["trace"] = owed
    return row


def document(order: Order, now: datetime, status: DeliveryStatus, reason: str | None) -> Delivery:
    """The row for `order`. Pure."""
    row: Delivery = {
        "_id": ObjectId(),
        "cause": order.cause,
        "contact_id": order.contact_id,
        "step": order.step,
        "purpose": order.purpose,
        "campaign": order.campaign,
        "run_id": order.run_id,
        "category": order.category,
        "message": dict(order.message),
        "ignores": list(order.ignores),
        "holds": dict(order.holds),
        "status": status,
        "stage": stage_of(status),
        "status_at": now,
        "due_at": order.due_at,
        "attempts": 0,
        "lease": None,
        "wamid": None,
        "reason": reason,
        "error": None,
        "times": {},
        "pricing": None,
        "reply": None,
        "clicks": [],
        "triggered_by": dict(order.triggered_by),
        "created_at": now,
    }
    if order.of:
        row["of"] = order.of
    if order.active is not None:
        row["active"] = dict(order.active)
    return row
