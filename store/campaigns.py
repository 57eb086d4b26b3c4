"""Campaigns and their runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from store import mongo, series
from store.documents.campaign import Campaign, CampaignChange, CampaignState, Run, Series

GOING_ON = (CampaignState.ACTIVE, CampaignState.RUNNING)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def find(db: mongo.Db, name: str) -> Campaign | None:
    """Index: _id."""
    return mongo.campaigns(db).find_one({"_id": name})


def all_of_them(db: mongo.Db) -> list[Campaign]:
    """Every campaign, by name."""
    return list(mongo.campaigns(db).find().sort("_id", 1))


def states(db: mongo.Db, names: Iterable[str]) -> dict[str, CampaignState]:
    """{name: state}. Index: _id."""
    rows = mongo.campaigns(db).find({"_id": {"$in": list(names)}}, {"state": 1})
    return {row["_id"]: CampaignState(row["state"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sender has to know of a campaign."""

    state: CampaignState
    rate_per_s: int | None
    priority: int


def standing(db: mongo.Db, names: Iterable[str]) -> dict[str, Standing]:
    """{name: how it stands}. Index: _id."""
    return _standing(db, {"_id": {"$in": list(names)}})


def _standing(db: mongo.Db, which: dict[str, Any]) -> dict[str, Standing]:
    wanted = {"state": 1, "definition.limits": 1, "definition.priority": 1}
    return {
        row["_id"]: Standing(
            CampaignState(row["state"]),
            (row.get("definition", {}).get("limits") or {}).get("rate_per_s"),
            row.get("definition", {}).get("priority") or 0,
        )
        for row in mongo.campaigns(db).find(which, wanted)
    }


def competing(db: mongo.Db, names: Iterable[str]) -> dict[str, Standing]:
    """{name: how it stands} of these, and of all that are going on with a priority above the usual:
    whom these may have to let pass. Indexes: _id, state_1."""
    return _standing(
        db,
        {
            "$or": [
                {"_id": {"$in": list(names)}},
                {"state": {"$in": list(GOING_ON)}, "definition.priority": {"$gt": 0}},
            ]
        },
    )


def in_state(db: mongo.Db, state: CampaignState) -> list[Campaign]:
    """The campaigns in a state. Index: state_1."""
    return list(mongo.campaigns(db).find({"state": state}))


def begun(db: mongo.Db, kind: str) -> list[Campaign]:
    """The campaigns of a type that are active or paused. Index: type_1_state_1."""
    states = [CampaignState.ACTIVE, CampaignState.PAUSED]
    return list(mongo.campaigns(db).find({"type": kind, "state": {"$in": states}}))


def insert(db: mongo.Db, campaign: Campaign) -> bool:
    """Keep a new one; False where the name is taken."""
    try:
        mongo.campaigns(db).insert_one(campaign)
    except DuplicateKeyError:
        return False
    return True


def redefine(
    db: mongo.Db,
    standing: Campaign,
    definition: dict[str, Any],
    now: datetime,
    begins: datetime | None = None,
    run: Run | None = None,
    going: Series | None = None,
) -> Campaign | None:
    """Give `standing` a new definition if it still stands as it was read; None where it does not.

    begins: the new moment of a run that has not begun, moved in the same transaction. run: of the
    new version, which takes people in from now on; the old one enrols nobody more. going: how a
    recurring one goes on, with a fire for it.
    """
    entered: dict[str, Any] = {"run_id": run["_id"]} if run is not None else {}
    if going is not None:
        entered["series"] = going

    def work(session: ClientSession) -> Campaign | None:
        changed = mongo.campaigns(db).find_one_and_update(
            {"_id": standing["_id"], "version": standing["version"], "state": standing["state"]},
            {
                "$set": {
                    "definition": definition,
                    "type": definition["type"],
                    "updated_at": now,
                    **entered,
                },
                "$inc": {"version": 1},
            },
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if changed is not None and begins is not None:
            mongo.runs(db).update_one(
                {"_id": changed["run_id"], "launch.due_at": {"$ne": None}, "launch.after": None},
                {"$set": {"launch.due_at": begins, "launch.as_of": begins}},
                session=session,
            )
        if changed is not None and going is not None:
            series.put_fire(db, changed["_id"], going, session)
        if changed is not None and run is not None:
            mongo.runs(db).insert_one(run, session=session)
            mongo.runs(db).update_one(
                {"_id": standing["run_id"], "intake": {"$exists": True}},
                {"$set": {"intake.due_at": None, "intake.lease": None}},
                session=session,
            )
        return changed

    try:
        return mongo.in_transaction(db, work)
    except DuplicateKeyError:
        return None


def enter(
    db: mongo.Db,
    name: str,
    since: list[CampaignState],
    change: CampaignChange,
    of: ObjectId | None = None,
) -> Campaign | None:
    """Take `name` to `change["state"]` if it stands in `since`; None where it does not.

    of: the run in which it has to be. One atomic update, so of two who try one wins.
    """
    at_run = {} if of is None else {"run_id": of}
    return mongo.campaigns(db).find_one_and_update(
        {"_id": name, "state": {"$in": since}, **at_run},
        _entering(change),
        return_document=ReturnDocument.AFTER,
    )


def _entering(change: CampaignChange, run_id: ObjectId | None = None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "state": change["state"],
        "reason": change["reason"],
        "updated_at": change["at"],
    }
    if run_id is not None:
        fields["run_id"] = run_id
    return {"$set": fields, "$push": {"history": change}}


def insert_run(db: mongo.Db, run: Run) -> bool:
    """Keep a new run; False where its number is taken."""
    try:
        mongo.runs(db).insert_one(run)
    except DuplicateKeyError:
        return False
    return True


def begin_run(
    db: mongo.Db, run: Run, since: list[CampaignState], change: CampaignChange
) -> Campaign | None:
    """Keep a new run and take its campaign to `change["state"]`, both or neither.

    None where the campaign does not stand in `since`, or the run's number is taken.
    """

    def work(session: ClientSession) -> Campaign | None:
        entered = mongo.campaigns(db).find_one_and_update(
            {"_id": run["campaign"], "state": {"$in": since}},
            _entering(change, run["_id"]),
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if entered is not None:
            mongo.runs(db).insert_one(run, session=session)
        return entered

    try:
        return mongo.in_transaction(db, work)
    except DuplicateKeyError:
        return None


def end_run(db: mongo.Db, run_id: ObjectId, now: datetime) -> None:
    """The run takes nobody in any more. Safe to repeat."""
    mongo.runs(db).update_one({"_id": run_id, "ended_at": None}, {"$set": {"ended_at": now}})


def runs_of(db: mongo.Db, name: str, limit: int = 100) -> list[Run]:
    """The runs of a campaign, newest first. Index: campaign_1_number_-1."""
    return list(mongo.runs(db).find({"campaign": name}).sort("number", DESCENDING).limit(limit))


def run_number(db: mongo.Db, name: str, number: int) -> Run | None:
    """One run of a campaign. Index: campaign_1_number_-1."""
    return mongo.runs(db).find_one({"campaign": name, "number": number})


def find_run(db: mongo.Db, run_id: ObjectId) -> Run | None:
    """Index: _id."""
    return mongo.runs(db).find_one({"_id": run_id})


def find_runs(db: mongo.Db, ids: Iterable[ObjectId]) -> dict[ObjectId, Run]:
    """{_id: run}. Index: _id."""
    return {row["_id"]: row for row in mongo.runs(db).find({"_id": {"$in": list(ids)}})}


def open_drips(db: mongo.Db) -> list[Run]:
    """The versions of drips that take people in, or have people in them. Index: ended_at_1."""
    return list(mongo.runs(db).find({"ended_at": None, "definition": {"$exists": True}}))


def cancelled_drips(db: mongo.Db) -> list[Run]:
    """The versions of drips that were cancelled. Index: cancelled_at_1."""
    cancelled = {"cancelled_at": {"$gt": _EVER}, "definition": {"$exists": True}}
    return list(mongo.runs(db).find(cancelled))


def pause_on_template(db: mongo.Db, template: str, change: CampaignChange) -> int:
    """Pause every campaign under way that sends this template; say how many there were.

    Index: type_1_state_1 does not serve it; there are few campaigns, and it happens rarely.
    """
    sends = [
        {"definition.message.template": template},
        {"definition.steps.message.template": template},
    ]
    paused = mongo.campaigns(db).update_many(
        {"state": {"$in": list(GOING_ON)}, "$or": sends},
        _entering(change),
    )
    return paused.modified_count
