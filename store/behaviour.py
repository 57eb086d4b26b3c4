"""What contacts remember of campaigns: that a message reached them, was read, answered, tapped,
or failed, and when last.

The deliveries say all of it, row by row. A filter asks about a million people at once, and a rule
about one person in memory, so it stands with the contact too. It is written in the transaction
that moves the delivery and the run's counters: none of the three is ever ahead of the others.
Only the last MOST things are remembered, about a year of two campaigns a week, so that a contact
stays small.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from store import mongo
from store.documents.contact import Contact, Did
from store.documents.delivery import Delivery, DeliveryStatus

if TYPE_CHECKING:
    from store.deliveries import Move

MOST = 300
_NOW = "$$NOW"  # MongoDB's own clock
_REACHED = (DeliveryStatus.DELIVERED, DeliveryStatus.READ, DeliveryStatus.PLAYED)


@dataclass(slots=True)
class News:
    """What one contact is to remember. at: {`<campaign>:read`: when, or MongoDB's word for now}.

    untrue: what was remembered and turned out otherwise.
    """

    at: dict[str, datetime | str] = field(default_factory=dict)
    untrue: set[str] = field(default_factory=set)


def remember(db: mongo.Db, moves: Sequence["Move"], session: ClientSession) -> None:
    """Keep what these moves mean for their contacts, in their transaction. Index: _id.

    Who was joined with another while the delivery was under way is found under the new id.
    """
    news: dict[ObjectId, list[News]] = {}
    for one in moves:
        if (found := of_move(one)) is not None:
            news.setdefault(one.delivery["contact_id"], []).append(found)
    if not news:
        return
    collection = mongo.contacts(db)
    writes = [UpdateOne({"_id": who}, update(every)) for who, every in news.items()]
    done = collection.bulk_write(writes, ordered=False, session=session)
    if done.matched_count == len(writes):
        return
    ids = {"_id": {"$in": list(news)}}
    there = {row["_id"] for row in collection.find(ids, {"_id": 1}, session=session)}
    for joined in db.joined_contacts.find(
        {"_id": {"$in": [who for who in news if who not in there]}}, session=session
    ):
        collection.update_one({"_id": joined["into"]}, update(news[joined["_id"]]), session=session)


def of_move(one: "Move") -> News | None:
    """What a move means for its contact; None where nothing. Pure."""
    campaign = one.delivery["campaign"]
    if campaign is None:
        return None
    news = News()
    before, after = one.delivery["times"], _times(one)
    reached = [after[status] for status in _REACHED if status in after and status not in before]
    read = [after[status] for status in _REACHED[1:] if status in after and status not in before]
    if reached and not any(status in before for status in _REACHED):
        news.at["delivered"] = min(reached)  # Meta may report `read` alone
    if read and not any(status in before for status in _REACHED[1:]):
        news.at["read"] = min(read)
    if one.to is DeliveryStatus.FAILED and one.delivery["status"] != one.to:
        news.at["failed"] = after.get("failed", _NOW)
    elif one.delivery["status"] == DeliveryStatus.FAILED and one.to in _REACHED:
        news.untrue.add("failed")  # it was thought to have failed, and arrived
    if reply := one.fields.get("reply"):
        news.at["replied"] = reply["at"]
    if one.clicks:
        news.at["clicked"] = one.at or (reply or {}).get("at") or _NOW
    if not news.at and not news.untrue:
        return None
    return News(
        {f"{campaign}:{what}": at for what, at in news.at.items()},
        {f"{campaign}:{what}" for what in news.untrue},
    )


def of_delivery(row: Delivery) -> News | None:
    """All that a delivery means for its contact, whenever it was moved; None where nothing. Pure.

    When a button was tapped stands nowhere in it: taken for when the person answered.
    """
    if row["campaign"] is None:
        return None
    times, at = row["times"], {}
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
    return (
        News({f"{row['campaign']}:{what}": moment for what, moment in at.items()}) if at else None
    )


def _times(one: "Move") -> dict[str, datetime]:
    """The delivery's times as the move leaves them."""
    changed = {
        name.removeprefix("times."): at
        for name, at in one.fields.items()
        if name.startswith("times.")
    }
    return {**one.delivery["times"], **one.fields.get("times", {}), **changed}


def update(every: Iterable[News]) -> list[dict[str, Any]]:
    """MongoDB's change of a contact. Safe to repeat: of each thing the latest time stands.

    What happened last is put last, and what has not happened for longest is forgotten first.
    """
    at: dict[str, list[datetime | str]] = {}
    untrue: set[str] = set()
    for one in every:
        untrue |= one.untrue
        for key, moment in one.at.items():
            at.setdefault(key, []).append(moment)
    standing = {"$ifNull": ["$did", []]}
    rest = {
        "$filter": {
            "input": standing,
            "cond": {"$not": {"$in": ["$$this.k", sorted(at.keys() | untrue)]}},
        }
    }
    fresh = [{"k": key, "at": _latest(standing, key, moments)} for key, moments in at.items()]
    return [{"$set": {"did": {"$slice": [{"$concatArrays": [rest, fresh]}, -MOST]}}}]


def _latest(
    standing: Mapping[str, Any], key: str, moments: Sequence[datetime | str]
) -> dict[str, Any]:
    same = {"$filter": {"input": standing, "cond": {"$eq": ["$$this.k", key]}}}
    before = {"$map": {"input": same, "in": "$$this.at"}}
    return {"$max": {"$concatArrays": [list(moments), before]}}


def take_over(
    db: mongo.Db, keeper: ObjectId, other: Contact, session: ClientSession
) -> Contact | None:
    """What the other remembered is the keeper's now; the contact, where there was any."""
    did: list[Did] = other.get("did", [])
    if not did:
        return None
    news = [News({one["k"]: one["at"]}) for one in did]
    return mongo.contacts(db).find_one_and_update(
        {"_id": keeper}, update(news), return_document=True, session=session
    )
