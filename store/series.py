"""Series of recurring campaigns: how they stand, moved together with their runs and fires."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from store import fires, mongo
from store.documents.campaign import Campaign, CampaignChange, CampaignState, Run, Series
from store.documents.delivery import DeliveryStatus
from store.documents.fire import Fire, FireKind

_NEVER_LEFT = [DeliveryStatus.EXCLUDED, DeliveryStatus.SKIPPED, DeliveryStatus.FAILED]


@dataclass(frozen=True, slots=True)
class Moved:
    """How a series goes on. skipped: {reason: how many occasions were let go just now}."""

    next_at: datetime | None
    waits: bool
    skipped: Mapping[str, int] = field(default_factory=dict)


def fire_of(name: str, series: Series) -> Fire:
    """The one fire of a series. Pure."""
    return {
        "_id": f"series:{name}",
        "kind": FireKind.OCCASION,
        "subject": {"campaign": name},
        "due_at": series["next_at"] or fires.NEVER,
        "version": series["version"],
        "lease": None,
        "tries": 0,
    }


def put_fire(db: mongo.Db, name: str, series: Series, session: ClientSession) -> None:
    """Have the series looked at when its next occasion comes; in place of any older fire."""
    fire = fire_of(name, series)
    mongo.fires(db).replace_one({"_id": fire["_id"]}, fire, upsert=True, session=session)


def begin(
    db: mongo.Db,
    name: str,
    since: Collection[CampaignState],
    change: CampaignChange,
    series: Series,
) -> Campaign | None:
    """Start a series, with its fire; None where its campaign does not stand in `since`.

    Index: _id.
    """

    def work(session: ClientSession) -> Campaign | None:
        begun = mongo.campaigns(db).find_one_and_update(
            {"_id": name, "state": {"$in": list(since)}},
            {
                "$set": {
                    "state": change["state"], "reason": change["reason"], "run_id": None,
                    "updated_at": change["at"], "series": series,
                },
                "$push": {"history": change},
            },
            return_document=ReturnDocument.AFTER,
            session=session,
        )  # fmt: skip
        if begun is not None:
            put_fire(db, name, series, session)
        return begun

    return mongo.in_transaction(db, work)


def turn(
    db: mongo.Db,
    campaign: Campaign,
    old: Series,
    moved: Moved,
    run: Run | None,
    change: CampaignChange | None,
) -> bool:
    """Move a series on from `old`, with the run that begins and the state of its campaign.

    All of it or nothing. False where the campaign does not stand any more as it was read.
    Index: _id.
    """
    fields: dict[str, Any] = {"series.next_at": moved.next_at, "series.waits": moved.waits}
    update: dict[str, Any] = {"$set": fields}
    if change is not None:
        fields |= {"state": change["state"], "reason": None, "updated_at": change["at"]}
        update["$push"] = {"history": change}
    if run is not None:
        fields["run_id"] = run["_id"]
    if moved.skipped:
        update["$inc"] = {f"series.skipped.{name}": count for name, count in moved.skipped.items()}
    stands = {
        "_id": campaign["_id"],
        "state": campaign["state"],
        "version": campaign["version"],
        "series.version": old["version"],
        "series.next_at": old["next_at"],
    }

    def work(session: ClientSession) -> bool:
        done = mongo.campaigns(db).update_one(stands, update, session=session).matched_count == 1
        if done and run is not None:
            mongo.runs(db).insert_one(run, session=session)
        return done

    try:
        return mongo.in_transaction(db, work)
    except DuplicateKeyError:
        return False


def runs_since(db: mongo.Db, name: str, after: datetime, before: datetime) -> list[ObjectId]:
    """The runs whose occasions fell between these two. Index: campaign_1_number_-1."""
    rows = mongo.runs(db).find(
        {"campaign": name, "occasion.at": {"$gt": after, "$lt": before}}, {"_id": 1}
    )
    return [row["_id"] for row in rows]


def had_in(
    db: mongo.Db, runs: Collection[ObjectId], people: Collection[ObjectId], since: datetime
) -> set[ObjectId]:
    """Whom of these people one of these runs wrote to, or will.

    Index: contact_id_1_created_at_-1.
    """
    rows = mongo.deliveries(db).find(
        {
            "contact_id": {"$in": list(people)},
            "created_at": {"$gte": since},
            "run_id": {"$in": list(runs)},
            "status": {"$nin": _NEVER_LEFT},
        },
        {"contact_id": 1},
    )
    return {row["contact_id"] for row in rows}
