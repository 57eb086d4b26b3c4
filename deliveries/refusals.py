"""Have the rules hear of a refusal in Meta's answer as they hear of one that a webhook reports.

It is journaled as the status that Meta would have sent, before the delivery is moved: whichever of
the two is handled first, the other finds it done, and after a crash between them nothing is lost.
"""

from collections.abc import Sequence
from datetime import datetime

from contacts import journaled
from runtime import Runtime
from store import contacts
from store.documents.contact import Contact
from store.documents.delivery import Delivery
from store.documents.inbox import InboxItem, InboxKind
from whatsapp.client import Refused


def journal(rt: Runtime, refused: Sequence[tuple[Delivery, Refused]], now: datetime) -> None:
    """Put these final refusals in line for the rules. Safe to repeat: each is one row."""
    if not refused:
        return
    people = contacts.by_ids(rt.db, {delivery["contact_id"] for delivery, _ in refused})
    items = [
        item(delivery, outcome, people[delivery["contact_id"]], now)
        for delivery, outcome in refused
        if delivery["contact_id"] in people
    ]
    journaled.put_in_line(rt, items)


def item(delivery: Delivery, refused: Refused, person: Contact, now: datetime) -> InboxItem:
    """The journal row, as of a `failed` that a webhook brought. Pure."""
    status = {
        "id": "",
        "status": "failed",
        "biz_opaque_callback_data": str(delivery["_id"]),
        "errors": [{"code": refused.code, "title": refused.title}],
    }
    key = f"refused:{delivery['_id']}:{delivery['attempts']}"
    return journaled.row(key, InboxKind.STATUS, person, status, at=now, received_at=now)
