"""Enrolments: begun once, moved by whoever read how they stand, and ended; each with its fire."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DeleteOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError

from store import course, fires, mongo
from store.documents.campaign import Run
from store.documents.delivery import Delivery
from store.documents.enrolment import Enrolment, EnrolmentState, Passed
from store.documents.fire import Fire, FireKind
from store.turns import in_turn


class LostIntakeError(Exception):
    """Another worker goes on with enrolling this segment."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of one enrolment, which counts only if it still stands as it was read.

    fields: what to set. passed: the step that is behind them now. owed: the message that they get.
    """

    enrolment: Enrolment
    fields: dict[str, Any] = field(default_factory=dict)
    passed: Passed | None = None
    owed: Delivery | None = None


class _StaleError(Exception):
    """Some enrolment no longer stands as it was read."""


def fire_id(enrolment_id: ObjectId) -> str:
    """An enrolment has one fire, which comes again for each of its steps."""
    return f"step:{enrolment_id}"


def fire_of(enrolment: Enrolment) -> Fire:
    """The fire for its next step. Pure."""
    return {
        "_id": fire_id(enrolment["_id"]),
        "kind": FireKind.STEP,
        "subject": {
            "campaign": enrolment["campaign"],
            "contact_id": enrolment["contact_id"],
            "enrolment": enrolment["_id"],
        },
        "due_at": enrolment["due_at"],
        "version": 0,
        "lease": None,
        "tries": 0,
    }


def begin(db: mongo.Db, rows: Sequence[Enrolment], intake: Run | None = None) -> set[ObjectId]:
    """Keep these and their fires, all of one campaign; name the contacts who are enrolled by them.

    Whoever is in the campaign already, or was enrolled for the same cause, is left as they are.
    intake: a run whose checkpoint, as it stands in it, is kept in the same transaction. Raises
    LostIntakeError. Safe to repeat. Indexes: active_of_contact, campaign_1_contact_id_1_cause_1.
    """
    fresh = list(rows)
    while True:
        try:
            _begin(db, fresh, intake)
        except BulkWriteError as error:
            mongo.repeated(error)
            known = _already(db, fresh)
            fresh = [row for row in fresh if row["contact_id"] not in known]
            continue
        return {row["contact_id"] for row in fresh}


def _begin(db: mongo.Db, rows: Sequence[Enrolment], intake: Run | None) -> None:
    if not rows and intake is None:
        return

    def work(session: ClientSession) -> None:
        if intake is not None:
            _checkpoint(db, intake, session)
        if rows:
            mongo.enrolments(db).insert_many(rows, ordered=False, session=session)
            first = [fire_of(row) for row in rows]
            mongo.fires(db).insert_many(first, ordered=False, session=session)

    mongo.in_transaction(db, work)


def _checkpoint(db: mongo.Db, run: Run, session: ClientSession) -> None:
    intake = run["intake"]
    lease = intake["lease"]
    moved = mongo.runs(db).update_one(
        {"_id": run["_id"], "intake.lease.token": lease and lease["token"]},
        {"$set": {"intake.after": intake["after"], "intake.lease": lease}},
        session=session,
    )
    if moved.matched_count != 1:
        raise LostIntakeError


def _already(db: mongo.Db, rows: Sequence[Enrolment]) -> set[ObjectId]:
    people = [row["contact_id"] for row in rows]
    causes = {row["contact_id"]: row["cause"] for row in rows}
    return {
        one["contact_id"]
        for one in of_people(db, rows[0]["campaign"], people)
        if one["state"] == EnrolmentState.ACTIVE or one["cause"] == causes[one["contact_id"]]
    }


def find(db: mongo.Db, ids: Iterable[ObjectId]) -> dict[ObjectId, Enrolment]:
    """{_id: enrolment}. Index: _id."""
    return {row["_id"]: row for row in mongo.enrolments(db).find({"_id": {"$in": list(ids)}})}


def of_people(db: mongo.Db, campaign: str, people: Collection[ObjectId]) -> list[Enrolment]:
    """All their ways through a drip, ended ones too. Index: campaign_1_contact_id_1_cause_1."""
    query = {"campaign": campaign, "contact_id": {"$in": list(people)}}
    return list(mongo.enrolments(db).find(query))


def active_of(db: mongo.Db, people: Collection[ObjectId]) -> list[Enrolment]:
    """The drips that these people are in now. Index: active_of_contact."""
    query = {"contact_id": {"$in": list(people)}, "state": EnrolmentState.ACTIVE}
    return list(mongo.enrolments(db).find(query))


def ended_by(db: mongo.Db, contact_id: ObjectId, event_id: str) -> list[Enrolment]:
    """Those of a person that an event ended, before a crash perhaps. Index: contact_id_1."""
    return list(mongo.enrolments(db).find({"contact_id": contact_id, "ended_by": event_id}))


def of_contact(db: mongo.Db, contact_id: ObjectId) -> list[Enrolment]:
    """All of one person's. Index: contact_id_1."""
    return list(mongo.enrolments(db).find({"contact_id": contact_id}))


def active_in(
    db: mongo.Db, run_id: ObjectId, limit: int, after: ObjectId | None = None
) -> list[Enrolment]:
    """Some of those who are in a version of a drip now. Index: run_id_1_state_1_step_1."""
    query: dict[str, Any] = {"run_id": run_id, "state": EnrolmentState.ACTIVE}
    if after is not None:
        query["_id"] = {"$gt": after}
    return list(mongo.enrolments(db).find(query).limit(limit))


def standing(db: mongo.Db, run_id: ObjectId) -> list[tuple[int, str, str | None, int]]:
    """(step that comes next, state, reason, people), of one version.

    Index: run_id_1_state_1_step_1.
    """
    rows = db.enrolments.aggregate(
        [
            {"$match": {"run_id": run_id}},
            {
                "$group": {
                    "_id": {"step": "$step", "state": "$state", "reason": "$reason"},
                    "people": {"$sum": 1},
                }
            },
        ]
    )
    found = [(row["_id"], row["people"]) for row in rows]
    return [(key["step"], key["state"], key.get("reason"), people) for key, people in found]


def passed(db: mongo.Db, run_id: ObjectId, version: int) -> dict[int, int]:
    """{step: people who have it behind them}, of one version. Index: run_id_1_state_1_step_1."""
    rows = db.enrolments.aggregate(
        [
            {"$match": {"run_id": run_id}},
            {"$project": {"passed.step": 1, "passed.version": 1}},
            {"$unwind": "$passed"},
            {"$match": {"passed.version": version}},
            {"$group": {"_id": "$passed.step", "people": {"$sum": 1}}},
        ]
    )
    return {row["_id"]: row["people"] for row in rows}


def page(db: mongo.Db, campaign: str, limit: int, after: ObjectId | None = None) -> list[Enrolment]:
    """Ways through a drip, in the order of their beginning. Index: campaign_1__id_1."""
    query: dict[str, Any] = {"campaign": campaign}
    if after is not None:
        query["_id"] = {"$gt": after}
    return list(mongo.enrolments(db).find(query).sort("_id", 1).limit(limit))


def advance(db: mongo.Db, turns: Sequence[Turn]) -> set[ObjectId]:
    """Make the turns that still hold, each with the message that it owes and the counters of its
    run; name the enrolments that were moved.

    All in one transaction; where one is stale they are tried one by one. Safe to repeat: what moved
    no longer stands as it was read. Indexes: _id; cause_1_contact_id_1_step_1 of deliveries.
    """
    if not turns:
        return set()
    try:
        run_ids = {one.owed["run_id"] for one in turns if one.owed is not None}
        in_turn(db, run_ids, lambda session: _advance(db, turns, session))
    except (_StaleError, BulkWriteError) as error:
        if isinstance(error, BulkWriteError):
            mongo.repeated(error)
        if len(turns) > 1:
            return set().union(*(advance(db, [one]) for one in turns))
        if isinstance(error, _StaleError):
            return set()
        # It is owed under another name that this person had: two contacts became one.
        return advance(db, [Turn(turns[0].enrolment, turns[0].fields, turns[0].passed)])
    return {one.enrolment["_id"] for one in turns}


def put_at(db: mongo.Db, turns: Sequence[Turn]) -> set[ObjectId]:
    """Make these turns, each of which says `due_at`, and have the next step's fire come then; name
    the enrolments that were moved. Safe to repeat. Indexes: as `advance`."""
    moved = advance(db, turns)
    due = {
        fire_id(one.enrolment["_id"]): one.fields["due_at"]
        for one in turns
        if one.enrolment["_id"] in moved
    }
    fires.bring(db, due)
    return moved


def _advance(db: mongo.Db, turns: Sequence[Turn], session: ClientSession) -> None:
    owed = [one.owed for one in turns if one.owed is not None]
    course.add_new(db, owed, session)
    done = mongo.enrolments(db).bulk_write([_update(one) for one in turns], session=session)
    if done.matched_count != len(turns):
        raise _StaleError
    if owed:
        mongo.deliveries(db).insert_many(owed, ordered=False, session=session)


def _update(one: Turn) -> UpdateOne:
    read = one.enrolment
    standing = {"_id": read["_id"], "state": EnrolmentState.ACTIVE, "turn": read["turn"]}
    change: dict[str, Any] = {"$set": {**one.fields, "turn": read["turn"] + 1}}
    if one.passed is not None:
        change["$push"] = {"passed": one.passed}
    return UpdateOne(standing, change)


def end(
    db: mongo.Db,
    rows: Sequence[Enrolment],
    state: EnrolmentState,
    reason: str,
    now: datetime,
    event_id: str | None = None,
) -> None:
    """None of their steps that are still to come is owed. Those that are over stay so.

    Safe to repeat. Indexes: _id.
    """
    if not rows:
        return
    fields: dict[str, Any] = {"state": state, "reason": reason, "ended_at": now}
    if event_id is not None:
        fields["ended_by"] = event_id
    ids = [row["_id"] for row in rows]

    def work(session: ClientSession) -> None:
        mongo.enrolments(db).update_many(
            {"_id": {"$in": ids}, "state": EnrolmentState.ACTIVE},
            {"$set": fields, "$inc": {"turn": 1}},
            session=session,
        )
        mongo.fires(db).bulk_write(
            [DeleteOne({"_id": fire_id(one)}) for one in ids], session=session
        )

    mongo.in_transaction(db, work)


def take_over(db: mongo.Db, keeper: ObjectId, other: ObjectId, session: ClientSession) -> None:
    """Two contacts turned out to be one person, who is in each drip once: where both were, the
    keeper's way goes on and the other's ends. Index: contact_id_1."""
    collection = mongo.enrolments(db)
    mine = collection.find({"contact_id": keeper}, session=session)
    kept = list(mine)
    active = [row["campaign"] for row in kept if row["state"] == EnrolmentState.ACTIVE]
    collection.update_many(
        {"contact_id": other, "state": EnrolmentState.ACTIVE, "campaign": {"$in": active}},
        {
            "$set": {"state": EnrolmentState.WITHDRAWN, "reason": "duplicate"},
            "$inc": {"turn": 1},
            "$currentDate": {"ended_at": True},
        },
        session=session,
    )
    same = [{"campaign": row["campaign"], "cause": row["cause"]} for row in kept]
    if same:
        collection.delete_many({"contact_id": other, "$or": same}, session=session)
    collection.update_many({"contact_id": other}, {"$set": {"contact_id": keeper}}, session=session)


def delete_of(db: mongo.Db, contact_id: ObjectId) -> int:
    """Forget a person's ways through drips. Index: contact_id_1."""
    return mongo.enrolments(db).delete_many({"contact_id": contact_id}).deleted_count
