"""What a preview tells, and what Meta's limit of people in 24 hours will do to it. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from deliveries import reach
from store.documents.campaign import CampaignState
from store.documents.reach import Reach

_DAY_S = 86_400
# Longer than that nobody means, and Meta itself drops what it could not deliver in 30 days.
_TOO_LONG_DAYS = 30


@dataclass(slots=True)
class Preview:
    """audience: people in it; None of a campaign that people start themselves.

    messages: how many would be sent; with `excluded_by_reason` they sum to the audience.
    waiting_by_reason: how many of the messages have to wait, for the night or for Meta's limit.
    blockers: why it cannot start, a sentence each. cost: {category: messages that may be charged}.
    estimated_duration_s: from the first message to the last, at the rate it may have. next_fires:
    when it begins; of a drip, when its steps fall for somebody who is enrolled now. exact: whether
    everybody was looked at, and not the first of them alone.
    """

    campaign: str
    state: CampaignState
    audience: int | None = None
    messages: int | None = None
    excluded_by_reason: dict[str, int] = field(default_factory=dict)
    waiting_by_reason: dict[str, int] = field(default_factory=dict)
    blockers: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cost: dict[str, int] = field(default_factory=dict)
    rate_per_s: float = 0.0
    estimated_duration_s: float | None = None
    next_fires: list[datetime] = field(default_factory=list)
    exact: bool = True

    def hold(self, reason: str, count: int, what: Literal["wait", "drop"]) -> None:
        """`count` of its messages meet `reason`, and wait or are dropped for it."""
        if count < 1:
            return
        if what == "wait":
            self.waiting_by_reason[reason] = count
            return
        self.excluded_by_reason[reason] = count
        self.messages = (self.messages or 0) - count
        most = max(self.cost, key=lambda category: self.cost[category])
        self.cost[most] -= count


def add_limit(
    preview: Preview,
    limit: Reach,
    unasked: int,
    what: Literal["wait", "drop"],
    begins: datetime,
) -> None:
    """What Meta's limit does to it.

    unasked: how many people it would write to who neither wrote to us within 24 hours nor are
    counted already.
    """
    allowed = limit.get("limit")
    if allowed is None:
        if "limit" not in limit:
            preview.warnings.append("How many people Meta lets us write to in a day is not known.")
        return
    counted = reach.used(limit, begins)
    over = min(unasked, max(0, unasked - max(0, allowed - counted)))
    if not over:
        return
    preview.hold(reach.REASON, over, what)
    stands = (
        f"Meta lets us write to {allowed:,} people in 24 hours who did not write to us, "
        f"{min(counted, allowed):,} of whom are used up; {over:,} of this audience are past that"
    )
    if what == "drop":
        none_left = not preview.messages
        (preview.blockers if none_left else preview.warnings).append(f"{stands}, and get nothing.")
        return
    days = -(-over // allowed)
    preview.estimated_duration_s = max(preview.estimated_duration_s or 0.0, float(days * _DAY_S))
    told = preview.blockers if days > _TOO_LONG_DAYS else preview.warnings
    told.append(f"{stands}, and get it later: it takes {days:,} day{'s' if days > 1 else ''}.")
