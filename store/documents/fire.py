"""What must happen later."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

from store.documents.delivery import Lease


class FireKind(StrEnum):
    """Who handles it when it is due."""

    START_CAMPAIGN = "start_campaign"
    RETRY_ACTION = "retry_action"  # of a rule, that failed
    DEADLINE = "deadline"  # whether a campaign's messages were read by then, say
    LOOK_BACK = "look_back"  # rules ask about deadlines of what was sent before
    STEP = "step"  # of a drip; it comes again until the drip is over for the person
    TELL = "tell"  # something of somebody, which nothing came in between of
    OCCASION = "occasion"  # of a recurring campaign; one a campaign, for the next of them
    NOTIFY = "notify"  # another system is told; by workers, since it may take its time


class Fire(TypedDict):
    """`_id` says what it is about, so that making it twice makes one. Gone once it was handled.

    version: of what it belongs to (the number of the campaign's run); a stale one does nothing.
    """

    _id: str
    kind: FireKind
    subject: dict[str, Any]
    due_at: datetime
    version: int
    lease: Lease | None
    tries: int
