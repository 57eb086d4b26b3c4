"""Campaigns and their runs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from store import mongo
from store.documents.campaign import Campaign, CampaignChange, CampaignState, Run


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
    db: mongo.Db, name: str, version: int, definition: dict[str, Any], kind: str, now: datetime
) -> Campaign | None:
    """Give `name` a new definition if it still has `version`; None where somebody was faster."""
    return mongo.campaigns(db).find_one_and_update(
        {"_id": name, "version": version},
        {
            "$set": {"definition": definition, "type": kind, "updated_at": now},
            "$inc": {"version": 1},
        },
        return_document=ReturnDocument.AFTER,
    )


def enter(
    db: mongo.Db,
    name: str,
    since: list[CampaignState],
    change: CampaignChange,
    run_id: ObjectId | None = None,
) -> Campaign | None:
    """Take `name` to `change["state"]` if it stands in `since`; None where it does not.

    One atomic update, so of two who try one wins.
    """
    fields: dict[str, Any] = {
        "state": change["state"],
        "reason": change["reason"],
        "updated_at": change["at"],
    }
    if run_id is not None:
        fields["run_id"] = run_id
    return mongo.campaigns(db).find_one_and_update(
        {"_id": name, "state": {"$in": since}},
        {"$set": fields, "$push": {"history": change}},
        return_document=ReturnDocument.AFTER,
    )


def insert_run(db: mongo.Db, run: Run) -> bool:
    """Keep a new run; False where its number is taken."""
    try:
        mongo.runs(db).insert_one(run)
    except DuplicateKeyError:
        return False
    return True


def drop_run(db: mongo.Db, run_id: ObjectId) -> None:
    """Take back a run that never took anybody in."""
    mongo.runs(db).delete_one({"_id": run_id, "counters": {}})


def end_run(db: mongo.Db, run_id: ObjectId, now: datetime) -> None:
    """The run takes nobody in any more. Safe to repeat."""
    mongo.runs(db).update_one({"_id": run_id, "ended_at": None}, {"$set": {"ended_at": now}})


def runs_of(db: mongo.Db, name: str, limit: int = 100) -> list[Run]:
    """The runs of a campaign, newest first. Index: campaign_1_number_-1."""
    return list(mongo.runs(db).find({"campaign": name}).sort("number", DESCENDING).limit(limit))


def find_run(db: mongo.Db, run_id: ObjectId) -> Run | None:
    """Index: _id."""
    return mongo.runs(db).find_one({"_id": run_id})


def pause_on_template(db: mongo.Db, template: str, change: CampaignChange) -> int:
    """Pause every active campaign that sends this template; say how many there were.

    Index: type_1_state_1 does not serve it; there are few campaigns, and it happens rarely.
    """
    paused = mongo.campaigns(db).update_many(
        {"state": CampaignState.ACTIVE, "definition.message.template": template},
        {
            "$set": {
                "state": change["state"],
                "reason": change["reason"],
                "updated_at": change["at"],
            },
            "$push": {"history": change},
        },
    )
    return paused.modified_count
