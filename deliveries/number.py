"""What Meta says of our number and token now: asked once a minute at most, by whichever process.

The answer also tells the messaging limit, so whoever looks keeps that up to date.
"""

from datetime import datetime, timedelta

from deliveries import reach
from runtime import Runtime
from store import senders
from store.documents.sender import Checked
from whatsapp import limits
from whatsapp.client import GraphError
from whatsapp.errors import Reach, verdict

FRESH = timedelta(minutes=1)


def look(rt: Runtime, now: datetime, fresh: timedelta = FRESH) -> Checked:
    """How it stands, not older than `fresh`. Raises StoreError; that Meta does not answer is an
    answer."""
    row = senders.find(rt.db, rt.whatsapp.phone_number_id)
    known = row.get("checked") if row else None
    if known is not None and now - known["at"] < fresh:
        return known
    checked: Checked = {"at": now, "fault": None, "code": None}
    try:
        told = rt.whatsapp.phone_number()
    except GraphError as error:
        checked |= {"fault": str(error), "code": error.code}
    else:
        if limit := limits.first(told, limits.FIELDS):
            reach.told(rt, limit.people, now)
    senders.check(rt.db, rt.whatsapp.phone_number_id, checked)
    return checked


def stops_sending(checked: Checked) -> bool:
    """Whether nothing could be sent: the token is bad, say, and Meta is not merely away. Pure."""
    code = checked["code"]
    return code is not None and verdict(code, 1).reach is Reach.SENDER
