"""How many people we wrote to of our own accord: one small row an account, and one a person.

The row of the account has the sums, so that nothing is ever counted over; both move in one
transaction, so that any number of senders together stay within what Meta allows.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from store import mongo
from store.documents.reach import Reach

KEPT_S = 26 * 3600  # a row of `reached`: longer than it counts


@dataclass(frozen=True, slots=True)
class Shared:
    """What came of asking for places. granted: who may be written to. waiting: {who: the slot in
    which to ask again}. people, promised: the sums as they are then."""

    granted: frozenset[ObjectId] = frozenset()
    waiting: Mapping[ObjectId, int] = field(default_factory=dict)
    people: Mapping[int, int] = field(default_factory=dict)
    promised: Mapping[int, int] = field(default_factory=dict)


Decide = Callable[[Reach, Mapping[ObjectId, int]], Shared]


def find(db: mongo.Db, account: str) -> Reach | None:
    """Index: _id."""
    return mongo.reach(db).find_one({"_id": account})


def tell(db: mongo.Db, account: str, limit: int | None, now: datetime) -> bool:
    """Keep what Meta says the limit is; whether more is allowed than before. Safe to repeat.

    Who was told to come back when there is room may come at once then, so that is forgotten.
    """
    before = mongo.reach(db).find_one_and_update(
        {"_id": account},
        {"$set": {"limit": limit, "told_at": now}, "$setOnInsert": {"people": {}, "promised": {}}},
        upsert=True,
    )
    had = before.get("limit") if before else None
    raised = had is not None and (limit is None or limit > had)
    if raised:
        mongo.reach(db).update_one({"_id": account}, {"$set": {"promised": {}}})
    return raised


def take(
    db: mongo.Db, account: str, people: Collection[ObjectId], slot: int, now: datetime, ask: Decide
) -> Shared:
    """Give places to `people`, as `ask` decides on what stands: {person: their slot}, and the sums.

    Safe to repeat: who has a place keeps it. Indexes: _id of both.
    """

    def work(session: ClientSession) -> Shared:
        row = mongo.reach(db).find_one({"_id": account}, session=session)
        if row is None:
            return Shared(granted=frozenset(people))
        rows = mongo.reached(db).find({"_id": {"$in": list(people)}}, session=session)
        known = {one["_id"]: one["slot"] for one in rows}
        shared = ask(row, known)
        new = [
            UpdateOne({"_id": person}, {"$set": {"slot": slot, "at": now}}, upsert=True)
            for person in shared.granted
            if known.get(person) != slot
        ]
        if new:
            mongo.reached(db).bulk_write(new, ordered=False, session=session)
        if new or shared.waiting:
            sums = {
                "people": {str(at): count for at, count in shared.people.items()},
                "promised": {str(at): count for at, count in shared.promised.items()},
            }
            mongo.reach(db).update_one({"_id": account}, {"$set": sums}, session=session)
        return shared

    return mongo.in_transaction(db, work)


def slots_of(db: mongo.Db, people: Collection[ObjectId]) -> dict[ObjectId, int]:
    """{contact: when we last wrote to them unasked}, of those who are kept. Index: _id."""
    return {
        row["_id"]: row["slot"] for row in mongo.reached(db).find({"_id": {"$in": list(people)}})
    }
