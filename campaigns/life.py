"""A campaign's life: started, paused, resumed, cancelled, ended; each step by whom and when.

draft → scheduled → running ⇄ paused → completed | cancelled | failed     with an audience
draft → active ⇄ paused → cancelled                                      triggered, drip
draft → active ⇄ running ⇄ paused → completed | cancelled | failed        recurring
"""

from datetime import datetime

from bson import ObjectId

from campaigns import occasions, versions, watching
from campaigns.documents import OneTimeCampaign, RecurringCampaign, read
from campaigns.service import ImpossibleStepError, blockers, find, lateness
from store import campaigns, launches, mongo, series
from store.documents.campaign import Campaign, CampaignChange, CampaignState, Launch, Run

MACHINE = "drumbeat"
_GOING_ON = [CampaignState.ACTIVE, CampaignState.RUNNING]
# What a campaign was before anybody could have been written to.
_HARMLESS = {"pending", "excluded", "skipped"}


def start(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """Start it as a new run: active, running, or scheduled until its moment comes.

    Two who start it at once make one run. Raises ImpossibleStepError with the reason.
    """
    campaign = find(db, name)
    document = read(campaign["definition"])
    if campaign["state"] in (*_GOING_ON, CampaignState.SCHEDULED):
        raise ImpossibleStepError(f"{name} is {campaign['state']} already")
    if campaign["state"] == CampaignState.PAUSED:
        raise ImpossibleStepError(f"{name} is paused; resume it")
    if isinstance(document, RecurringCampaign):
        return _start_series(db, campaign, document, by, now)
    previous = campaigns.runs_of(db, name)
    run = versions.first(new_run(campaign, previous, now), campaign, document, now)
    to, since = CampaignState.ACTIVE, [CampaignState.DRAFT, CampaignState.CANCELLED]
    if isinstance(document, OneTimeCampaign):
        if _went_out(previous):
            raise ImpossibleStepError(
                f"{name} is {campaign['state']}: it has gone out, and goes out once; duplicate it"
            )
        if reason := lateness(document.schedule, now):
            raise ImpossibleStepError(reason)
        begins = max(now, document.schedule.begins()) if document.schedule else now
        run["launch"] = new_launch(begins)
        to = CampaignState.SCHEDULED if begins > now else CampaignState.RUNNING
        since = [*since, CampaignState.FAILED]
    if reasons := blockers(db, campaign):
        raise ImpossibleStepError(" ".join(reasons))
    started = campaigns.begin_run(db, run, since, change(to, by, now))
    if started is None:
        raise ImpossibleStepError(f"{name} was changed by somebody else just now")
    watching.begin(db, document)
    return started


def _start_series(
    db: mongo.Db, campaign: Campaign, document: RecurringCampaign, by: str, now: datetime
) -> Campaign:
    """Its first run begins when its first occasion comes."""
    made = occasions.begun(document.schedule, campaign.get("series"), now)
    if made["next_at"] is None:
        raise ImpossibleStepError(occasions.OVER)
    if reasons := blockers(db, campaign):
        raise ImpossibleStepError(" ".join(reasons))
    over = [CampaignState.COMPLETED, CampaignState.CANCELLED, CampaignState.FAILED]
    since = [CampaignState.DRAFT, *over]
    started = series.begin(db, campaign["_id"], since, change(CampaignState.ACTIVE, by, now), made)
    if started is None:
        raise ImpossibleStepError(f"{campaign['_id']} was changed by somebody else just now")
    return started


def new_run(campaign: Campaign, previous: list[Run], now: datetime) -> Run:
    """The next run of a campaign. Pure. previous: its runs, newest first."""
    return {
        "_id": ObjectId(),
        "campaign": campaign["_id"],
        "version": campaign["version"],
        "number": previous[0]["number"] + 1 if previous else 1,
        "started_at": now,
        "ended_at": None,
        "counters": {},
        "tallies": {},
    }


def new_launch(begins: datetime) -> Launch:
    """Nobody is written down yet. Pure."""
    return {"due_at": begins, "after": None, "lease": None, "done_at": None, "as_of": begins}


def _went_out(runs: list[Run]) -> bool:
    return any(
        count
        for run in runs
        for status, count in run["counters"].items()
        if status not in _HARMLESS
    )


def retry_failed(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """A new run, linked to the last, for those whom its message failed to reach.

    Raises ImpossibleStepError where that run is not over, or nothing failed.
    """
    campaign = find(db, name)
    previous = campaigns.runs_of(db, name)
    if campaign["state"] != CampaignState.COMPLETED or campaign["type"] != "one_time":
        raise ImpossibleStepError(
            f"{name} is {campaign['state']}; only a one-time campaign that is completed is retried"
        )
    if not previous[0]["counters"].get("failed"):
        raise ImpossibleStepError(f"nothing failed in run {previous[0]['number']} of {name}")
    if reasons := blockers(db, campaign):
        raise ImpossibleStepError(" ".join(reasons))
    run = new_run(campaign, previous, now)
    run["launch"] = new_launch(now)
    run["retry_of"] = previous[0]["_id"]
    changed = change(CampaignState.RUNNING, by, now, "retries what failed")
    started = campaigns.begin_run(db, run, [CampaignState.COMPLETED], changed)
    if started is None:
        raise ImpossibleStepError(f"{name} was changed by somebody else just now")
    return started


def pause(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """Nothing more is sent, and nobody more planned, until it is resumed."""
    since = [*_GOING_ON, CampaignState.SCHEDULED]
    return _step(db, name, since, CampaignState.PAUSED, by, now)


def resume(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """It goes on in the same run. Raises ImpossibleStepError where it could not start, either."""
    campaign = find(db, name)
    if reasons := blockers(db, campaign):
        raise ImpossibleStepError(" ".join(reasons))
    to = CampaignState.ACTIVE
    run = campaigns.find_run(db, campaign["run_id"]) if campaign["run_id"] else None
    if run is not None and (launch := run.get("launch")) is not None:
        waits = launch["due_at"] is not None and launch["due_at"] > now
        begun = launch["after"] is not None
        to = CampaignState.SCHEDULED if waits and not begun else CampaignState.RUNNING
    if "series" in campaign and (run is None or run["ended_at"] is not None):
        to = _between_runs(campaign)
    return _step(db, name, [CampaignState.PAUSED], to, by, now)


def _between_runs(campaign: Campaign) -> CampaignState:
    """Where a campaign stands whose run is over."""
    standing = campaign.get("series")
    goes_on = standing is not None and standing["next_at"] is not None
    return CampaignState.ACTIVE if goes_on else CampaignState.COMPLETED


def cancel(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """Its run has ended; what still waited is not sent, and says so."""
    since = [*_GOING_ON, CampaignState.SCHEDULED, CampaignState.PAUSED]
    cancelled = _step(db, name, since, CampaignState.CANCELLED, by, now)
    if cancelled["run_id"] is not None:
        # Of a drip, every version that people are in.
        going_on = [run["_id"] for run in campaigns.runs_of(db, name) if run["ended_at"] is None]
        for run_id in going_on:
            campaigns.end_run(db, run_id, now)
        launches.mark_cancelled(db, {cancelled["run_id"], *going_on}, now)
    return cancelled


def fail(db: mongo.Db, name: str, reason: str, now: datetime) -> None:
    """Its moment came, and it could not begin. Safe to repeat."""
    changed = change(CampaignState.FAILED, MACHINE, now, reason)
    failed = campaigns.enter(db, name, [CampaignState.SCHEDULED, CampaignState.RUNNING], changed)
    if failed is not None and failed["run_id"] is not None:
        campaigns.end_run(db, failed["run_id"], now)


def hold(db: mongo.Db, name: str, reason: str, now: datetime) -> None:
    """Something keeps it from going on until somebody mends that. Safe to repeat."""
    campaigns.enter(db, name, _GOING_ON, change(CampaignState.PAUSED, MACHINE, now, reason))


def begin(db: mongo.Db, name: str, now: datetime) -> bool:
    """The moment of a scheduled campaign has come; whether it runs now."""
    changed = change(CampaignState.RUNNING, MACHINE, now, "its time has come")
    return campaigns.enter(db, name, [CampaignState.SCHEDULED], changed) is not None


def complete(db: mongo.Db, run: Run, now: datetime) -> bool:
    """Everybody in the run was written to, or it is known why not. Safe to repeat."""
    campaign = campaigns.find(db, run["campaign"])
    if campaign is None:
        return False
    ours = campaign["run_id"] == run["_id"]
    if ours and campaign["state"] == CampaignState.RUNNING:
        changed = change(_between_runs(campaign), MACHINE, now)
        if campaigns.enter(db, campaign["_id"], [CampaignState.RUNNING], changed, of=run["_id"]):
            campaigns.end_run(db, run["_id"], now)
            return True
    elif not ours or campaign["state"] in (CampaignState.ACTIVE, CampaignState.COMPLETED):
        campaigns.end_run(db, run["_id"], now)  # whoever went on from it died before saying so
    return False


def _step(
    db: mongo.Db,
    name: str,
    since: list[CampaignState],
    to: CampaignState,
    by: str,
    now: datetime,
) -> Campaign:
    campaign = find(db, name)
    moved = campaigns.enter(db, name, since, change(to, by, now))
    if moved is None:
        possible = " or ".join(since)
        raise ImpossibleStepError(
            f"{name} is {campaign['state']}; only a campaign that is {possible} can be {to}"
        )
    return moved


def change(
    state: CampaignState, by: str, now: datetime, reason: str | None = None
) -> CampaignChange:
    """One step of its life. Pure."""
    return {"at": now, "by": by, "state": state, "reason": reason}
