"""Decide by hand what nobody knows: a send that was not answered, and whose status never came.

No machine sends such a message again. A person may, who knows that it might arrive twice.
"""

from datetime import datetime
from typing import Any

from bson import ObjectId

from store import deliveries, mongo
from store.deliveries import Move
from store.documents.delivery import Delivery, DeliveryStatus


def write_again(db: mongo.Db, delivery_id: ObjectId, by: str, now: datetime) -> bool:
    """Put it back in line; whether it was in doubt still. Safe to repeat."""
    return _decide(
        db,
        delivery_id,
        DeliveryStatus.PENDING,
        {"due_at": now, "status_at": now, "reason": f"sent again by {by}", "error": None},
    )


def give_up(db: mongo.Db, delivery_id: ObjectId, by: str, now: datetime) -> bool:
    """It counts as failed; a status that comes all the same still wins. Whether it was in doubt
    still. Safe to repeat."""
    error = {"code": None, "title": f"given up by {by}", "at": now}
    fields = {"status_at": now, "error": error, "times.failed": now}
    return _decide(db, delivery_id, DeliveryStatus.FAILED, fields, {"failed.none": 1})


def _decide(
    db: mongo.Db,
    delivery_id: ObjectId,
    to: DeliveryStatus,
    fields: dict[str, Any],
    tallies: dict[str, int] | None = None,
) -> bool:
    standing: Delivery | None = deliveries.find(db, [delivery_id]).get(delivery_id)
    if standing is None or standing["status"] != DeliveryStatus.UNKNOWN:
        return False
    decided = Move(standing, to, {**fields, "lease": None}, tallies=tallies or {})
    return bool(deliveries.move(db, [decided]))
