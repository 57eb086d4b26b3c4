"""What happened, and to whom: the two things the rules look at.

Everything that happens becomes one `Event`: a message, a status from Meta, a click, a shop's own
event, a deadline that passed. Rules see nothing but an event, its contact's facts and the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MESSAGE = "message"
ACCEPTED = "accepted"

# What a campaign's recipient can be reported to have done, in the contract's words.
CAMPAIGN_EVENTS = frozenset(
    {
        "accepted",
        "sent",
        "delivered",
        "read",
        "replied",
        "clicked",
        "failed",
        "opted_out",
        "goal",
    }
)

# What a recipient had not done when a deadline passed. Rules name them with `after:`.
NEGATIVES = frozenset({"not_delivered", "not_read", "not_replied", "not_clicked"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one contact.

    `name` is `message`, a campaign event, a negative, or a custom event's own name. `at` is aware,
    UTC.
    """

    id: str
    name: str
    at: datetime
    text: str | None = None
    button: str | None = None  # a quick reply's payload, or an interactive reply's id
    button_title: str | None = None  # what the person saw on it
    campaign: str | None = None
    campaign_type: str | None = None
    step: int | None = None  # place in a drip, from 0
    error_code: int | None = None  # Meta's, on `failed`
    after_s: int | None = None  # on a negative: the deadline that passed, in seconds
    reached: frozenset[str] = frozenset()  # what became of the campaign's message by then
    buttons: frozenset[str] = frozenset()  # that were tapped on it by then
    # What a tapped link is called: `link:1`, where it leads, and that without its query.
    link: frozenset[str] = frozenset()
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What rules may know of a contact. `timezone` is an IANA name; None means the workspace's."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    segments: frozenset[str] = frozenset()
    language: str | None = None
    country: str | None = None
    timezone: str | None = None
