"""What people had of campaigns lately, for the frequency caps, and which of two may still come.

Of two campaigns that compete for one place, the one of the higher priority has it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from bson import ObjectId

from deliveries.gate import Policy, cap_on
from store import campaigns, deliveries, mongo
from store.campaigns import Standing
from store.deliveries import Had
from store.documents.delivery import Delivery, Purpose


def had(
    db: mongo.Db,
    batch: Sequence[Delivery],
    policy: Policy,
    now: datetime,
    others: Mapping[str, Standing] | None = None,
) -> dict[ObjectId, Had]:
    """{contact: what they had of what is capped}, in one query; in none where nothing is.

    others: the campaigns that go on; what is due to these people of those that go before some of
    the batch's own is told of, too.
    """
    since = {category: now - cap.period for category, cap in policy.caps.items()}
    people = {one["contact_id"] for one in batch if one["purpose"] == Purpose.CAMPAIGN}
    found: dict[ObjectId, Had] = defaultdict(Had)
    if since and people:
        first = _first(batch, others or {})
        found.update(deliveries.had_since(db, people, since, now, first))
    return found


def _first(batch: Sequence[Delivery], others: Mapping[str, Standing]) -> list[str]:
    """The campaigns under way that go before some of the batch's."""
    here = {one["campaign"] for one in batch}
    least = min((one.priority for name, one in others.items() if name in here), default=0)
    return [
        name
        for name, one in others.items()
        if one.priority > least and one.state in campaigns.GOING_ON
    ]


def ahead(theirs: Had, category: str, own: Standing | None, others: Mapping[str, Standing]) -> int:
    """How many messages of `category` are due to the person that go before one of `own`. Pure."""
    mine = own.priority if own else 0
    return sum(
        count
        for (kind, name), count in theirs.ahead.items()
        if kind == category and others[name].priority > mine
    )


def over(
    db: mongo.Db, claimed: Sequence[Delivery], policy: Policy, now: datetime
) -> list[Delivery]:
    """Of what was just claimed: what another sender claimed something else for at the same time.

    Both had passed the cap before either was claimed. Each looks once more after its claim, which
    the other then sees, so that one of them at least gives way.
    """
    capped = [(one, cap) for one in claimed if (cap := cap_on(one, None, policy)) is not None]
    if not capped:
        return []
    found = had(db, [one for one, _ in capped], policy, now)
    return [
        one
        for one, cap in capped
        if sum(at > now - cap.period for at in found[one["contact_id"]].at[one["category"]])
        > cap.count
    ]
