"""What the clock does for drips beside their fires: steps that a pause held follow when it is over,
and a cancelled drip ends for everybody in it."""

from datetime import datetime

from campaigns import leaving
from runtime import Runtime
from store import campaigns, enrolments, fires
from store.documents.campaign import CampaignState, Run
from store.documents.enrolment import EnrolmentState

_BATCH = 1000
_MOST_BATCHES = 20  # a tick of the clock; the next goes on


def sweep(rt: Runtime, now: datetime) -> None:
    """Safe to repeat."""
    for campaign in campaigns.begun(rt.db, "drip"):
        if campaign["state"] == CampaignState.ACTIVE:
            for _ in range(_MOST_BATCHES):
                if not fires.release_held(rt.db, campaign["_id"], now, _BATCH):
                    break
    for run in campaigns.cancelled_drips(rt.db):
        for _ in range(_MOST_BATCHES):
            if not _end(rt, run, now):
                break
    for run in campaigns.open_drips(rt.db):
        _close(rt, run, now)


def _end(rt: Runtime, run: Run, now: datetime) -> bool:
    rows = enrolments.active_in(rt.db, run["_id"], _BATCH)
    enrolments.end(rt.db, rows, EnrolmentState.CANCELLED, leaving.CANCELLED, now)
    return bool(rows)


def _close(rt: Runtime, run: Run, now: datetime) -> None:
    """A version that was followed by another ends when nobody is in it any more."""
    campaign = campaigns.find(rt.db, run["campaign"])
    followed = campaign is None or campaign["run_id"] != run["_id"]
    if followed and not enrolments.active_in(rt.db, run["_id"], 1):
        campaigns.end_run(rt.db, run["_id"], now)
