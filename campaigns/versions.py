"""The versions of a drip: each has a run, which people stay in unless they are moved."""

from datetime import datetime
from typing import Any

from bson import ObjectId

from campaigns.documents import Definition, DripCampaign
from store import campaigns, mongo
from store.documents.campaign import Campaign, CampaignState, Intake, Run

_BEGUN = (CampaignState.ACTIVE, CampaignState.PAUSED)


def first(run: Run, campaign: Campaign, document: Definition, now: datetime) -> Run:
    """The run of a drip that is started, out of one that knows nothing of drips. Pure."""
    if not isinstance(document, DripCampaign):
        return run
    made: Run = {**run, "definition": campaign["definition"]}
    if (segment := _segment(document)) is not None:
        made["intake"] = _intake(segment, now)
    return made


def _intake(segment: str, now: datetime) -> Intake:
    return {
        "due_at": now,
        "after": None,
        "lease": None,
        "as_of": now,
        "cause": f"segment:{segment}:{now.isoformat()}",
    }


def _segment(document: DripCampaign) -> str | None:
    return document.enrol.segment if document.enrol else None


def following(
    db: mongo.Db, standing: Campaign, new: Definition, definition: dict[str, Any], now: datetime
) -> Run | None:
    """The run of an edited drip that was begun; None where the edit needs none.

    Of a segment that is being enrolled, the rest is enrolled in the new version.
    """
    if not isinstance(new, DripCampaign) or standing["state"] not in _BEGUN:
        return None
    old = campaigns.find_run(db, standing["run_id"]) if standing["run_id"] else None
    if old is None:
        return None
    run: Run = {
        "_id": ObjectId(),
        "campaign": standing["_id"],
        "version": standing["version"] + 1,
        "number": campaigns.runs_of(db, standing["_id"], 1)[0]["number"] + 1,
        "started_at": now,
        "ended_at": None,
        "counters": {},
        "tallies": {},
        "definition": definition,
    }
    segment = _segment(new)
    begun = old.get("intake")
    if segment is not None:
        same = begun is not None and begun["cause"].startswith(f"segment:{segment}:")
        run["intake"] = {**begun, "lease": None} if same and begun else _intake(segment, now)
    return run
