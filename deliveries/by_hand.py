"""What a colleague writes to somebody, inside their 24-hour window.

It is a reply like those of rules: owed before it is sent, through the same gate, kept with who
wrote it. What the gate would refuse for good is said to the colleague at once.
"""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from config import logs
from deliveries import check, outbox
from deliveries.outbox import Order
from deliveries.replies import TEXT_CHARS
from runtime import Runtime
from store import queue
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus, Purpose
from store.redis import RedisDownError
from whatsapp import messages

log = logs.get(__name__)

_REFUSED = {
    "window_closed": "The 24-hour window is closed: they wrote more than a day ago, or never. Only "
    "a template reaches them now, by a campaign.",
    "suppressed": "They asked not to be written to at all.",
    "reply_loop": "They were answered so often in the last minutes that it looks like a loop.",
    "contact_gone": "Nobody can be reached under this contact.",
}


class RefusedReplyError(Exception):
    """It is not sent; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Written:
    """once: the same for the same press of the button, however often it arrives."""

    text: str
    by: str
    once: str


def write(rt: Runtime, contact: Contact, written: Written, now: datetime) -> Delivery:
    """Owe it to them, and have it sent. Safe to repeat. Raises RefusedReplyError."""
    text = written.text.strip()
    if not text:
        raise RefusedReplyError("Write something first.")
    if len(text) > TEXT_CHARS:
        raise RefusedReplyError(
            f"WhatsApp takes {TEXT_CHARS:,} characters; these are {len(text):,}."
        )
    order = _order(contact["_id"], text, written, now)
    row = outbox.document(order, now, DeliveryStatus.PENDING, None)
    refused = check.preview(rt, row, contact, now)
    if refused is not None and refused.until is None:
        raise RefusedReplyError(_REFUSED.get(refused.reason, f"It is held back: {refused.reason}."))
    owed, new = outbox.owe(rt.db, order, now)
    if new:
        try:
            queue.wake_sender(rt.redis)
        except RedisDownError:
            log.warning("a reply waits for the sweep", delivery_id=str(owed["_id"]))
    return owed


def _order(contact_id: ObjectId, text: str, written: Written, now: datetime) -> Order:
    return Order(
        cause=f"by_hand:{written.once}",
        contact_id=contact_id,
        purpose=Purpose.REPLY,
        category="service",
        message=messages.text(text, preview_url="https://" in text),
        due_at=now,
        triggered_by={"event_id": None, "rule": None, "rule_version": None, "by": written.by},
    )
