"""A person who wrote to us or whom we were told about."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from bson import ObjectId


class OptIn(StrEnum):
    """What the person said about marketing."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Consent(TypedDict):
    state: OptIn
    source: str  # import, keyword, preference, api …
    at: datetime
    evidence: NotRequired[str]  # the wamid or file that shows it


class HandedOver(TypedDict):
    """An agent answers: rules say nothing about what happened after `since`, until `until`.

    rule: the one that handed over; empty where somebody took over by hand, and `by` says who.
    """

    since: datetime
    until: datetime
    rule: str
    note: str | None
    by: NotRequired[str]


class News(TypedDict):
    """A change of a contact that somebody watches, kept with the change itself until it is told.

    id: the same for the same change, however often it is made again after a crash. event: its
    name; empty: look which live segments the contact is in now. depth: how many such changes,
    one brought about by the other, came before it.
    """

    id: str
    event: str
    properties: dict[str, Any]
    at: datetime
    depth: int


class Contact(TypedDict):
    """Unique on wa_id and on bsuid, each where present; at least one is.

    wa_id: the phone number in its usual form, digits without `+`.
    bsuid: Meta's business-scoped user id, for people who hide their number. meta_wa_id: how Meta
    itself writes the number, where that differs; good as long as it is a form of `wa_id`.
    """

    _id: ObjectId
    wa_id: str | None
    bsuid: str | None
    meta_wa_id: NotRequired[str]
    name: str | None
    username: str | None
    language: str | None  # BCP 47, such as hi or pt_BR
    country: str | None  # ISO 3166, from the number or the BSUID
    timezone: str | None  # IANA
    attributes: dict[str, Any]
    segments: list[str]
    consent: Consent
    window_until: datetime | None  # free-form messages may be sent until then
    last_inbound_at: datetime | None
    # Of campaigns, what became of them and when last; and their names. See store/behaviour.py.
    did: NotRequired[dict[str, dict[str, datetime]]]
    had: NotRequired[list[str]]
    handed_over: NotRequired[HandedOver]
    news: NotRequired[list[News]]  # not told yet
    in_live: NotRequired[list[str]]  # watched live segments that they are known to be in
    counted: NotRequired[list[str]]  # marks of increments that were made; the last stand last
    shard: int  # where this person's events are handled, one at a time
    created_at: datetime
    updated_at: datetime
