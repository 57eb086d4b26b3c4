"""Deliveries: owed once, leased, moved forward, and counted in the same write that moves them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from store import behaviour, course, mongo, turns
from store.documents.delivery import ERASED, Delivery, DeliveryStatus, Purpose, stage_of

_NOT_HAD = [DeliveryStatus.EXCLUDED, DeliveryStatus.SKIPPED, DeliveryStatus.FAILED]
_STREAMED = 500
_NEVER_LEFT = [DeliveryStatus.PENDING, *_NOT_HAD]


@dataclass(frozen=True, slots=True)
class Move:
    """A change of one delivery, which counts only if it still stands as it was read.

    fields: what to set beside the status. guard: what must hold besides the status read.
    tallies: {"reached.sent": 1}, added to the run's where the move happens. at: when the clicks
    were, where it is known.
    """

    delivery: Delivery
    to: DeliveryStatus
    fields: dict[str, Any] = field(default_factory=dict)
    guard: dict[str, Any] = field(default_factory=dict)
    tallies: dict[str, int] = field(default_factory=dict)
    clicks: tuple[str, ...] = ()
    at: datetime | None = None


class _StaleError(Exception):
    """Some delivery no longer stands as it was read."""


def owe(db: mongo.Db, delivery: Delivery) -> tuple[Delivery, bool]:
    """Write down that we owe this message; return the row that stands and whether it is new.

    Unique on (cause, contact_id, step), so that however often it is asked for, it is owed once.
    The run's counters move with it.
    """

    def work(session: ClientSession) -> None:
        course.add_new(db, [delivery], session)
        mongo.deliveries(db).insert_one(delivery, session=session)

    try:
        turns.in_turn(db, [delivery["run_id"]], work)
    except DuplicateKeyError:
        standing = mongo.deliveries(db).find_one(
            {
                "cause": delivery["cause"],
                "contact_id": delivery["contact_id"],
                "step": delivery["step"],
            }
        )
        return standing or delivery, False
    return delivery, True


def owe_many(db: mongo.Db, deliveries: Sequence[Delivery]) -> None:
    """Write down that we owe these, which belong to no run. Safe to repeat: the first ones stand.

    Raises StoreError where any may not have been kept. Index: cause_1_contact_id_1_step_1.
    """
    if not deliveries:
        return
    try:
        mongo.deliveries(db).insert_many(deliveries, ordered=False)
    except BulkWriteError as error:
        mongo.repeated(error)


def move(db: mongo.Db, moves: Sequence[Move], *, settled: bool = True) -> set[ObjectId]:
    """Make the moves that still hold, each with its run's counters and with what its contact
    remembers of it; name the deliveries moved.

    At most one move a delivery. Safe to repeat: what moved no longer stands as it was read. All
    go in one transaction; where some are stale the others go in a second one.

    What a contact remembers is written before: Meta said so, whoever moves the delivery, and after
    a crash between the two the moves are made again.

    settled: whether to return only once all is on the disk of the majority. Whoever writes
    something afterwards that is kept so, and makes the moves again where that fails, need not wait.
    """
    if not moves:
        return set()
    behaviour.remember(mongo.lightly(db), [one for one in moves if not behaviour.is_doubtful(one)])
    moved = _move(db, moves)
    if settled and moved:
        mongo.settle(db)
    return moved


def _move(db: mongo.Db, moves: Sequence[Move]) -> set[ObjectId]:
    try:
        run_ids = {one.delivery["run_id"] for one in moves}
        turns.in_turn(db, run_ids, lambda session: _move_all(db, moves, session), settled=False)
    except _StaleError:
        if len(moves) == 1:
            return set()
        hold = _holding(db, moves)
        if len(hold) < len(moves):
            return _move(db, hold) if hold else set()
        # They were changed back and forth between two looks. Halves come to an end.
        middle = len(moves) // 2
        return _move(db, moves[:middle]) | _move(db, moves[middle:])
    return {one.delivery["_id"] for one in moves}


def _holding(db: mongo.Db, moves: Sequence[Move]) -> list[Move]:
    """Those whose delivery stands now as it was read. Index: _id."""
    stand = [_standing(one) for one in moves]
    found = {row["_id"] for row in mongo.deliveries(db).find({"$or": stand}, {"_id": 1})}
    return [one for one in moves if one.delivery["_id"] in found]


def _move_all(db: mongo.Db, moves: Sequence[Move], session: ClientSession) -> None:
    for run_id, changes in sorted(_counted(moves).items()):
        mongo.runs(db).update_one({"_id": run_id}, {"$inc": changes}, session=session)
    course.add(db, moves, session)
    updates = [_update(one) for one in moves]
    done = mongo.deliveries(db).bulk_write(updates, ordered=False, session=session)
    if done.matched_count != len(moves):
        raise _StaleError
    if doubtful := [one for one in moves if behaviour.is_doubtful(one)]:
        behaviour.remember(db, doubtful, session)


def _counted(moves: Sequence[Move]) -> dict[ObjectId, dict[str, int]]:
    """{run: what its counters change by}."""
    counted: dict[ObjectId, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in moves:
        if one.delivery["run_id"] is None:
            continue
        counters = counted[one.delivery["run_id"]]
        if one.delivery["status"] != one.to:
            counters[f"counters.{one.delivery['status']}"] -= 1
            counters[f"counters.{one.to}"] += 1
            if step := one.delivery["step"]:
                counters[f"tallies.step.{step}.{one.delivery['status']}"] -= 1
                counters[f"tallies.step.{step}.{one.to}"] += 1
        for tally, amount in one.tallies.items():
            counters[f"tallies.{tally}"] += amount
    changes = {
        run_id: {name: amount for name, amount in counters.items() if amount}
        for run_id, counters in counted.items()
    }
    return {run_id: change for run_id, change in changes.items() if change}


def _update(one: Move) -> UpdateOne:
    change: dict[str, Any] = {"$set": {"status": one.to, **one.fields}}
    if (stage := stage_of(one.to)) != stage_of(one.delivery["status"]):
        change["$set"]["stage"] = stage
    if one.clicks:
        change["$addToSet"] = {"clicks": {"$each": list(one.clicks)}}
    return UpdateOne(_standing(one), change)


def _standing(one: Move) -> dict[str, Any]:
    """What must hold of its delivery. Pure."""
    return {"_id": one.delivery["_id"], "status": one.delivery["status"], **one.guard}


def find(db: mongo.Db, ids: Iterable[ObjectId]) -> dict[ObjectId, Delivery]:
    """{_id: delivery}. Index: _id."""
    return {row["_id"]: row for row in mongo.deliveries(db).find({"_id": {"$in": list(ids)}})}


def standing(db: mongo.Db, ids: Iterable[ObjectId]) -> dict[ObjectId, Delivery]:
    """The same without their messages, which are most of a row. Index: _id."""
    rows = mongo.deliveries(db).find({"_id": {"$in": list(ids)}}, {"message": 0})
    return {row["_id"]: row for row in rows}


def act_once(db: mongo.Db, acts: Collection[tuple[ObjectId, str, str]]) -> set[tuple[str, str]]:
    """Of (delivery, rule, event), the (event, rule) that may act: each rule acts for one event of a
    delivery, the first that says so. Two commands for all. Safe to repeat. Index: _id."""
    if not acts:
        return set()
    mongo.deliveries(db).bulk_write(
        [
            UpdateOne(
                {"_id": one, f"acted.{rule}": {"$exists": False}},
                {"$set": {f"acted.{rule}": event}},
            )
            for one, rule, event in acts
        ]
    )
    rows = mongo.deliveries(db).find({"_id": {"$in": [one for one, _, _ in acts]}}, {"acted": 1})
    acted = {row["_id"]: row.get("acted", {}) for row in rows}
    return {(event, rule) for one, rule, event in acts if acted.get(one, {}).get(rule) == event}


def by_wamid(db: mongo.Db, wamids: Iterable[str]) -> dict[str, Delivery]:
    """{wamid: delivery}. Index: wamid_1."""
    found = mongo.deliveries(db).find({"wamid": {"$in": list(wamids)}})
    return {row["wamid"]: row for row in found if row["wamid"]}


def in_doubt(db: mongo.Db, limit: int) -> list[Delivery]:
    """Sends of which nobody knows what became of them, longest in doubt first. Index: unknown."""
    rows = mongo.deliveries(db).find({"stage": DeliveryStatus.UNKNOWN})
    return list(rows.sort("status_at", ASCENDING).limit(limit))


def last_campaign_messages(
    db: mongo.Db, contact_ids: Collection[ObjectId], before: datetime
) -> dict[ObjectId, list[Delivery]]:
    """{contact: their latest campaign deliveries that reached Meta, newest first}, a few each.

    Who was never owed anything costs one look at the index. Index: contact_id_1_created_at_-1.
    """
    owed = db.deliveries.distinct("contact_id", {"contact_id": {"$in": list(contact_ids)}})
    if not owed:
        return {}
    theirs = {
        "from": "deliveries",
        "localField": "_id",
        "foreignField": "contact_id",
        "pipeline": [
            {
                "$match": {
                    "created_at": {"$lt": before},
                    "campaign": {"$ne": None},
                    "wamid": {"$ne": None},
                }
            },
            {"$sort": {"created_at": DESCENDING}},
            {"$limit": 5},
        ],
        "as": "had",
    }
    rows = db.contacts.aggregate(
        [{"$match": {"_id": {"$in": owed}}}, {"$project": {"_id": 1}}, {"$lookup": theirs}]
    )
    return {row["_id"]: row["had"] for row in rows if row["had"]}


@dataclass(slots=True)
class Had:
    """What one person had of campaigns lately, by category.

    at: when each was handed to Meta, oldest first. ahead: how many are due to them by now of
    campaigns that go first.
    """

    at: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    ahead: Counter[tuple[str, str]] = field(default_factory=Counter)  # (category, campaign)


def had_since(
    db: mongo.Db,
    contact_ids: Collection[ObjectId],
    since: Mapping[str, datetime],
    now: datetime,
    first: Collection[str] = (),
) -> dict[ObjectId, Had]:
    """What these people had, of each category since its moment; and what waits for them.

    since: {category: from when on}. first: campaigns whose messages that are due at `now` are told
    of too. Those in doubt count: they may have arrived. Index: contact_id_1_created_at_-1.
    """
    what: list[dict[str, Any]] = [
        {"status": {"$nin": _NEVER_LEFT}, "status_at": {"$gte": min(since.values(), default=now)}}
    ]
    if first:
        due = {"status": DeliveryStatus.PENDING, "due_at": {"$lte": now}}
        what.append({**due, "campaign": {"$in": list(first)}})
    rows = mongo.deliveries(db).find(
        {
            "contact_id": {"$in": list(contact_ids)},
            "category": {"$in": list(since)},
            "$or": what,
        },
        {"contact_id": 1, "category": 1, "campaign": 1, "times": 1, "status": 1, "status_at": 1},
    )
    found: dict[ObjectId, Had] = defaultdict(Had)
    for row in rows:
        had, category = found[row["contact_id"]], row["category"]
        if row["status"] == DeliveryStatus.PENDING:
            had.ahead[category, row["campaign"] or ""] += 1
            continue
        at = row["times"].get("sending", row["status_at"])
        if at >= since[category]:
            had.at[category].append(at)
    for had in found.values():
        for moments in had.at.values():
            moments.sort()
    return found


def answers_since(
    db: mongo.Db, contact_ids: Collection[ObjectId], purposes: Sequence[Purpose], since: datetime
) -> Iterator[tuple[ObjectId, datetime, dict[str, Any]]]:
    """(contact, when it was handed to Meta, the message) of what these people were answered.

    Those in doubt count: they may have arrived. Index: contact_id_1_created_at_-1.
    """
    rows = mongo.deliveries(db).find(
        {
            "contact_id": {"$in": list(contact_ids)},
            "created_at": {"$gte": since},
            "purpose": {"$in": list(purposes)},
            "status": {"$nin": _NEVER_LEFT},
        },
        {"contact_id": 1, "message": 1, "times.sending": 1, "status_at": 1},
    )
    for row in rows:
        yield row["contact_id"], row["times"].get("sending", row["status_at"]), row["message"]


def of_contact(db: mongo.Db, contact_id: ObjectId, limit: int) -> list[Delivery]:
    """One person's deliveries, newest first. Index: contact_id_1_created_at_-1."""
    rows = mongo.deliveries(db).find({"contact_id": contact_id})
    return list(rows.sort("created_at", DESCENDING).limit(limit))


def wamids_of(db: mongo.Db, contact_ids: Iterable[ObjectId]) -> set[str]:
    """Of all that these people were sent. Index: contact_id_1_created_at_-1."""
    mine = {"contact_id": {"$in": list(contact_ids)}}
    return {row["wamid"] for row in mongo.deliveries(db).find(mine, {"wamid": 1}) if row["wamid"]}


def pending_of(db: mongo.Db, contact_id: ObjectId, limit: int) -> list[Delivery]:
    """Messages still owed to a person. Index: contact_id_1_created_at_-1."""
    rows = mongo.deliveries(db).find({"contact_id": contact_id, "status": DeliveryStatus.PENDING})
    return list(rows.limit(limit))


def latest_of_campaign(db: mongo.Db, campaign: str, contact_id: ObjectId) -> Delivery | None:
    """The last delivery of a campaign to a person. Index: contact_id_1_created_at_-1."""
    return mongo.deliveries(db).find_one(
        {"contact_id": contact_id, "campaign": campaign}, sort=[("created_at", DESCENDING)]
    )


def last_had(db: mongo.Db, campaign: str, contact_id: ObjectId, *, besides: str) -> Delivery | None:
    """The last delivery of a campaign that a person had or will have, for another cause than
    `besides`; one that was skipped or failed was never had. Index: contact_id_1_created_at_-1."""
    return mongo.deliveries(db).find_one(
        {
            "contact_id": contact_id,
            "campaign": campaign,
            "cause": {"$ne": besides},
            "status": {"$nin": _NOT_HAD},
        },
        sort=[("created_at", DESCENDING)],
    )


def of_run(db: mongo.Db, run_id: ObjectId) -> Iterable[Delivery]:
    """Every delivery of a run, streamed. Index: run_id_1.

    Left to itself MongoDB sends 16 MB at once, which are 160 MB of Python.
    """
    found = mongo.deliveries(db).find({"run_id": run_id})
    return found.sort("_id", ASCENDING).batch_size(_STREAMED)


def count_by_status(db: mongo.Db, run_id: ObjectId) -> dict[str, int]:
    """{status: deliveries}, counted one by one: what the run's counters must say.

    Index: run_id_1.
    """
    rows = db.deliveries.aggregate(
        [{"$match": {"run_id": run_id}}, {"$group": {"_id": "$status", "count": {"$sum": 1}}}]
    )
    return {row["_id"]: row["count"] for row in rows}


def erase_of(db: mongo.Db, contact_id: ObjectId) -> int:
    """Take the person out of their deliveries; the rows stay, for the numbers to add up.

    A wamid carries the phone number in base64, and so does a cause that names one. A sender that
    holds one loses its lease, so that its late result, with a wamid in it, is not taken; the sweep
    then says `unknown`. Safe to repeat. Index: contact_id_1_created_at_-1.
    """
    answered = {"$eq": [{"$type": "$reply"}, "object"]}
    held = {"$eq": [{"$type": "$lease"}, "object"]}
    erased = mongo.deliveries(db).update_many(
        {"contact_id": contact_id},
        [
            {
                "$set": {
                    "cause": {"$concat": ["erased:", {"$toString": "$_id"}]},
                    "message": {"$literal": {}},
                    "wamid": None,
                    "triggered_by": {"$literal": {}},
                    "reply": {
                        "$cond": [
                            answered,
                            {"$mergeObjects": ["$reply", {"text": None, "wamid": None}]},
                            "$reply",
                        ]
                    },
                    "lease": {
                        "$cond": [
                            held,
                            {"$mergeObjects": ["$lease", {"token": ERASED}]},
                            "$lease",
                        ]
                    },
                }
            }
        ],
    )
    return erased.modified_count
