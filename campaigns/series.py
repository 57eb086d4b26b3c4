"""Recurring campaigns going on: the fire of each begins the run whose time has come.

One fire a campaign stands for the occasion that comes next. What is decided is kept in one write,
guarded by how the series stood: so a fire that is repeated, or two clocks an hour apart, begin no
occasion twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from campaigns import life, service
from campaigns.content import document_of
from campaigns.documents import RecurringCampaign
from campaigns.occasions import Turn, decide
from campaigns.recurrence import Occasion
from config import logs
from runtime import Runtime
from store import campaigns
from store import series as store_series
from store.documents.campaign import Campaign, CampaignState, Run, Series
from store.documents.fire import Fire

_LOOK_AGAIN = timedelta(seconds=5)
_SOON = timedelta(seconds=1)

log = logs.get(__name__)


def handle(rt: Runtime, due: Sequence[Fire], now: datetime) -> dict[str, datetime]:
    """Begin what is due; {fire: when to look again}, of those whose series is not over.

    There is one a campaign, so they are looked at one by one. Safe to repeat.
    """
    looked = ((fire["_id"], _look(rt, fire, now)) for fire in due)
    return {fire_id: at for fire_id, at in looked if at is not None}


def _look(rt: Runtime, fire: Fire, now: datetime) -> datetime | None:
    campaign = campaigns.find(rt.db, fire["subject"]["campaign"])
    series = campaign.get("series") if campaign else None
    if campaign is None or series is None or series["version"] != fire["version"]:
        return None
    document = document_of(campaign)
    state = campaign["state"]
    over = (CampaignState.CANCELLED, CampaignState.COMPLETED, CampaignState.FAILED)
    if not isinstance(document, RecurringCampaign) or state in over or series["next_at"] is None:
        return None
    turn = decide(document.schedule, series, state, now)
    if turn.run is not None and (reasons := service.blockers(rt.db, campaign)):
        life.hold(rt.db, campaign["_id"], " ".join(reasons), now)  # and then it counts as paused
        return now + _SOON
    if not _keep(rt, campaign, series, turn, now):
        return now + _SOON
    if turn.skipped:
        log.warning("occasions of a campaign were skipped", count=turn.skipped, reason=turn.reason,
                    campaign=campaign["_id"])  # fmt: skip
    if turn.next is None:
        return None
    return now + _LOOK_AGAIN if turn.waits else turn.next.at


def _keep(rt: Runtime, campaign: Campaign, series: Series, turn: Turn, now: datetime) -> bool:
    run = _run(rt, campaign, turn.run, now) if turn.run else None
    to = campaign["state"]
    if run is not None:
        to = CampaignState.RUNNING
    elif turn.next is None and to == CampaignState.ACTIVE:
        to = CampaignState.COMPLETED
    change = None if to == campaign["state"] else life.change(to, life.MACHINE, now)
    return store_series.turn(
        rt.db,
        campaign,
        series,
        store_series.Moved(
            next_at=turn.next.at if turn.next else None,
            waits=turn.waits,
            skipped={turn.reason: turn.skipped} if turn.skipped else {},
        ),
        run,
        change,
    )


def _run(rt: Runtime, campaign: Campaign, occasion: Occasion, now: datetime) -> Run:
    run = life.new_run(campaign, campaigns.runs_of(rt.db, campaign["_id"], 1), now)
    run["launch"] = life.new_launch(now)
    run["occasion"] = {"day": occasion.day.isoformat(), "at": occasion.at}
    return run
