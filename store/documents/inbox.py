"""One item of a webhook body, journaled before it is acknowledged."""

from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict


class InboxState(StrEnum):
    """Where an item stands. `parked`: a status whose send is not recorded yet."""

    NEW = "new"
    PARKED = "parked"
    DONE = "done"
    DEAD = "dead"


class InboxKind(StrEnum):
    """What an item is, which decides who handles it."""

    MESSAGE = "message"
    STATUS = "status"
    PREFERENCE = "preference"
    IDENTITY = "identity"
    TEMPLATE = "template"
    ACCOUNT = "account"
    CUSTOM = "custom"
    CHANGE = "change"  # of ours: a contact entered a segment, say
    CAMPAIGN = "campaign"  # of ours: what became of a campaign's message
    ACTION = "action"  # of ours: one of a rule's that failed is done again
    OTHER = "other"
    UNREADABLE = "unreadable"


class PutBack(TypedDict):
    """Somebody put a dead letter back in line. reason: why it was dead."""

    at: datetime
    by: str
    reason: str


class InboxItem(TypedDict):
    """`_id` is made of Meta's own ids, so that a repeat is a no-op.

    payload is JSON text, not a sub-document: Meta may send what BSON cannot hold (lone surrogates,
    integers over 64 bits, keys with dots), and an item that cannot be journaled would be lost.
    """

    _id: str
    kind: InboxKind
    shard: int
    who: str  # a hash of whom it is about, so that an erasure finds it; empty: of nobody
    at: datetime  # when Meta says it happened, UTC
    received_at: datetime
    payload: str
    state: InboxState
    tries: int
    wamid: NotRequired[str]  # of the message a status speaks about
    reason: NotRequired[str]  # why it is dead
    raw: NotRequired[bytes]  # of a body that could not be read
    done_at: NotRequired[datetime]
    put_back: NotRequired[list[PutBack]]  # the last ten times
    trace: NotRequired[str]  # W3C's traceparent of the webhook it came in, where somebody traces
    dropped_by: NotRequired[str]  # who gave a dead letter up
