"""How a campaign's message stands, as rules are told of it beside an event. Pure."""

from collections.abc import Collection
from datetime import datetime

from rules.event import CAMPAIGN_EVENTS
from store.documents.delivery import Delivery

_IMPLIED = {
    "played": ("accepted", "sent", "delivered", "read"),
    "read": ("accepted", "sent", "delivered"),
    "delivered": ("accepted", "sent"),
    "sent": ("accepted",),
}


def reached(
    delivery: Delivery, more: Collection[str] = (), by: datetime | None = None
) -> frozenset[str]:
    """What became of it, and `more`: `read` says that it was delivered, whether Meta told so.

    by: look at what had happened then; None: at all that is known.

    >>> sorted(reached({"times": {}, "reply": None, "clicks": []}, ["read"]))
    ['accepted', 'delivered', 'read', 'sent']
    """
    told = {name for name, at in delivery["times"].items() if by is None or at <= by} | set(more)
    reply = delivery["reply"]
    if reply is not None and (by is None or reply["at"] <= by):
        told.add("replied")
        if delivery["clicks"] and "clicked" not in delivery["times"]:
            told.add("clicked")
    elif delivery["clicks"] and by is None:
        told.add("clicked")
    for name in tuple(told):
        told.update(_IMPLIED.get(name, ()))
    return frozenset(told & CAMPAIGN_EVENTS)
