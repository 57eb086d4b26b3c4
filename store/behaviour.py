"""What contacts remember of campaigns: that a message reached them, was read, answered, tapped,
or failed, and when last.

The deliveries say all of it, row by row. A filter asks about a million people at once, and a rule
about one person in memory, so it stands with the contact too: `did`, {campaign: {what: when}}, and
`had`, the campaigns in the order they first reached the person, which an index knows. It is written
before the delivery is moved, since it is so whether or not we are the ones who move it; what is so
only by the move (a failure) in the move's own transaction.
Only the last MOST campaigns are remembered, about two years of one a week, so that a contact stays
small.

Why `had`: a write that changes what any index of contacts looks at costs MongoDB the row's keys in
all of them, five times what any other write costs. A campaign is added to `had` once; what becomes
of it afterwards is in `did` alone, where no index looks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from store import mongo
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus

if TYPE_CHECKING:
    from store.deliveries import Move

MOST = 100
_REACHED = (DeliveryStatus.DELIVERED, DeliveryStatus.READ, DeliveryStatus.PLAYED)
Change = dict[str, dict[str, Any]]


@dataclass(slots=True)
class News:
    """What one contact is to remember of one campaign. at: {`read`: when, or None for now}.

    untrue: what was remembered and turned out otherwise.
    """

    campaign: str
    at: dict[str, datetime | None] = field(default_factory=dict)
    untrue: set[str] = field(default_factory=set)


def is_doubtful(one: "Move") -> bool:
    """Whether what it says holds only where the move is made: that a message failed, or did not
    after all. What was delivered, read, answered or tapped is so whoever moves the delivery."""
    failed = DeliveryStatus.FAILED
    return one.to is failed or one.delivery["status"] == failed


def remember(db: mongo.Db, moves: Sequence["Move"], session: ClientSession | None = None) -> None:
    """Keep what these moves mean for their contacts. Safe to repeat. Index: _id.

    Who was joined with another while the delivery was under way is found under the new id.
    """
    news: dict[ObjectId, list[News]] = {}
    for one in moves:
        if (found := of_move(one)) is not None:
            news.setdefault(one.delivery["contact_id"], []).append(found)
    if not news:
        return
    collection = mongo.contacts(db)
    writes = [UpdateOne({"_id": who}, change(every)) for who, every in news.items()]
    done = collection.bulk_write(writes, ordered=False, session=session)
    if done.matched_count == len(writes):
        return
    ids = {"_id": {"$in": list(news)}}
    there = {row["_id"] for row in collection.find(ids, {"_id": 1}, session=session)}
    for joined in db.joined_contacts.find(
        {"_id": {"$in": [who for who in news if who not in there]}}, session=session
    ):
        collection.update_one({"_id": joined["into"]}, change(news[joined["_id"]]), session=session)


def of_move(one: "Move") -> News | None:
    """What a move means for its contact; None where nothing. Pure."""
    campaign = one.delivery["campaign"]
    if campaign is None:
        return None
    news = News(campaign)
    before, after = one.delivery["times"], _times(one)
    reached = [after[status] for status in _REACHED if status in after and status not in before]
    read = [after[status] for status in _REACHED[1:] if status in after and status not in before]
    if reached and not any(status in before for status in _REACHED):
        news.at["delivered"] = min(reached)  # Meta may report `read` alone
    if read and not any(status in before for status in _REACHED[1:]):
        news.at["read"] = min(read)
    if one.to is DeliveryStatus.FAILED and one.delivery["status"] != one.to:
        news.at["failed"] = after.get("failed")
    elif one.delivery["status"] == DeliveryStatus.FAILED and one.to in _REACHED:
        news.untrue.add("failed")  # it was thought to have failed, and arrived
    if reply := one.fields.get("reply"):
        news.at["replied"] = reply["at"]
    if one.clicks:
        news.at["clicked"] = one.at or (reply or {}).get("at")
    return news if news.at or news.untrue else None


def of_delivery(row: Delivery) -> News | None:
    """All that a delivery means for its contact, whenever it was moved; None where nothing. Pure.

    When a button was tapped stands nowhere in it: taken for when the person answered.
    """
    if row["campaign"] is None:
        return None
    times = row["times"]
    at: dict[str, datetime | None] = {}
    reached = [times[status] for status in _REACHED if status in times]
    read = [times[status] for status in _REACHED[1:] if status in times]
    if reached:
        at["delivered"] = min(reached)
    if read:
        at["read"] = min(read)
    if row["status"] == DeliveryStatus.FAILED:
        at["failed"] = times.get("failed", row["status_at"])
    if row["reply"]:
        at["replied"] = row["reply"]["at"]
    if row["clicks"]:
        at["clicked"] = row["reply"]["at"] if row["reply"] else row["status_at"]
    return News(row["campaign"], at) if at else None


def _times(one: "Move") -> dict[str, datetime]:
    """The delivery's times as the move leaves them."""
    changed = {
        name.removeprefix("times."): at
        for name, at in one.fields.items()
        if name.startswith("times.")
    }
    return {**one.delivery["times"], **one.fields.get("times", {}), **changed}


def change(every: Iterable[News]) -> Change:
    """MongoDB's change of a contact. Safe to repeat: of each thing the latest time stands. Pure.

    >>> from datetime import datetime
    >>> change([News("diwali", {"read": datetime(2026, 11, 30)})])["$addToSet"]
    {'had': {'$each': ['diwali']}}
    """
    latest: dict[str, datetime] = {}
    now: set[str] = set()
    untrue: set[str] = set()
    had: dict[str, None] = {}
    for one in every:
        untrue |= {f"did.{one.campaign}.{what}" for what in one.untrue}
        for what, moment in one.at.items():
            path = f"did.{one.campaign}.{what}"
            had[one.campaign] = None
            if moment is None:
                now.add(path)
            else:
                latest[path] = max(moment, latest.get(path, moment))
    changes: Change = {
        "$max": {path: at for path, at in latest.items() if path not in now},
        "$currentDate": dict.fromkeys(sorted(now), True),
        "$unset": dict.fromkeys(sorted(untrue - latest.keys() - now), ""),
        "$addToSet": {"had": {"$each": list(had)}} if had else {},
    }
    return {operator: fields for operator, fields in changes.items() if fields}


def trim(db: mongo.Db, people: Iterable[Contact]) -> int:
    """Let those of these who remember more than MOST campaigns forget the ones they had first; say
    how many there were. Asked where an audience is written down, since that is what adds campaigns.
    Safe to repeat. Index: _id."""
    full = [one["_id"] for one in people if len(one.get("had", ())) > MOST]
    if full:
        last = {"$slice": ["$had", -MOST]}
        kept = {
            "$filter": {"input": {"$objectToArray": "$did"}, "cond": {"$in": ["$$this.k", last]}}
        }
        forget = [{"$set": {"did": {"$arrayToObject": kept}, "had": last}}]
        mongo.contacts(db).update_many({"_id": {"$in": full}}, forget)
    return len(full)


def take_over(
    db: mongo.Db, keeper: ObjectId, other: Contact, session: ClientSession
) -> Contact | None:
    """What the other remembered is the keeper's now; the contact, where there was any."""
    did = other.get("did")
    if not did:
        return None
    news = [News(campaign, dict(at)) for campaign, at in did.items()]
    return mongo.contacts(db).find_one_and_update(
        {"_id": keeper}, change(news), return_document=True, session=session
    )
