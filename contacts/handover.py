"""A person whom an agent answers: for how long, and which of what happens the rules leave alone.

Pure. What happened at or before the moment of handing over is not left alone, so that one message
is answered wholly by the rules that it found.
"""

from datetime import datetime, timedelta

from store.documents.contact import Contact, HandedOver

DEFAULT = timedelta(hours=12)
_NOTE_CHARS = 1_000
_LOOK_AGAIN = timedelta(minutes=15)

# What the person says; what we learn of them otherwise is still noted by rules, in silence.
SPOKEN = frozenset({"message", "replied", "clicked"})


def begun(since: datetime, until: datetime, rule: str, note: str) -> HandedOver:
    """What is kept with the contact."""
    return {"since": since, "until": until, "rule": rule, "note": note[:_NOTE_CHARS] or None}


def taken(since: datetime, until: datetime, by: str) -> HandedOver:
    """The same where somebody takes over by hand."""
    return {**begun(since, until, "", ""), "by": by}


def is_quiet(contact: Contact, at: datetime) -> bool:
    """Whether an agent answers what happens at `at`."""
    handed = contact.get("handed_over")
    return handed is not None and handed["since"] < at < handed["until"]


def look_again(contact: Contact, now: datetime) -> datetime | None:
    """When what must not come in between may be looked at again, where an agent answers at `now`:
    they may hand the person back earlier than they said."""
    handed = contact.get("handed_over")
    if handed is None or not is_quiet(contact, now):
        return None
    return min(handed["until"], now + _LOOK_AGAIN)


def is_for_an_agent(contact: Contact, event: str, at: datetime) -> bool:
    """Whether rules are not even asked."""
    return event in SPOKEN and is_quiet(contact, at)
