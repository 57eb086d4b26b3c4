"""Launch: turn a run's audience into deliveries, a batch at a time, from a checkpoint.

A worker that dies is followed by another, which goes on behind the last batch that was kept. The
definition is read anew for each batch: an edit counts for whoever is not planned yet.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from bson import ObjectId

from campaigns import content, life, planning
from campaigns.documents import AudienceCampaign, OneTimeCampaign, RecurringCampaign
from campaigns.planning import Plan
from campaigns.schedule import Schedule
from campaigns.service import blockers
from config import logs
from contacts import audience
from contacts.segments import ImpossibleSegmentError
from deliveries import check, media, number
from runtime import Runtime
from store import behaviour, campaigns, contacts, launches, mongo, series
from store.documents.campaign import Campaign, CampaignState, Run
from store.documents.contact import Contact
from store.launches import LostLeaseError

BATCH = 1000
_PAUSED_LOOK_AGAIN = timedelta(seconds=5)
_LIMIT_FRESH = timedelta(hours=1)  # a webhook tells of changes; this is for those that went missing

log = logs.get(__name__)
Clock = Callable[[], datetime]
_People = Sequence[Contact]
_Batch = tuple[_People, ObjectId]
_Spared = Callable[[_People], set[ObjectId]]


def launch_due(rt: Runtime, clock: Clock, stop: Callable[[], bool] = lambda: False) -> int:
    """Write down the audience of every run whose time has come; return how many people.

    Ends when none is due or `stop()` says so. Several may run at once: each run is one's own.
    """
    planned = 0
    while not stop():
        run = launches.claim(rt.db, clock())
        if run is None:
            break
        number.look(rt, clock(), _LIMIT_FRESH)
        try:
            planned += _go_on(rt, run, clock, stop)
        except ImpossibleSegmentError as error:
            life.fail(rt.db, run["campaign"], f"Its audience cannot be asked: {error}", clock())
            launches.drop(rt.db, run)
        except LostLeaseError:
            log.warning("another worker goes on with this launch", run_id=str(run["_id"]))
    return planned


def _go_on(rt: Runtime, run: Run, clock: Clock, stop: Callable[[], bool]) -> int:
    planned = 0
    version = 0
    had: _Spared = _nobody
    batches: Iterator[_Batch] = iter(())
    while not stop():
        now = clock()
        campaign = _going_on(rt, run, now)
        if campaign is None:
            return planned
        document = content.document_of(campaign)
        if not isinstance(document, AudienceCampaign):
            launches.drop(rt.db, run)
            return planned
        if campaign["version"] != version:  # the beginning, or an edit: the rest is asked anew
            version, batches = campaign["version"], _batches(rt, document, run)
            had = spared(rt.db, document, run)
        found = next(batches, None)
        if found is None:
            launches.finish(rt.db, run, now)
            log.info("an audience is written down", run_id=str(run["_id"]), count=planned)
            return planned
        people, after = found
        plan = plan_of(rt, campaign, document, run)
        rows = planning.rows(plan, people, check.scopes(rt.db, people, now), now)
        rows = planning.without(rows, had(people))
        media.ids(rt, [one for one in rows if one["message"]][:1], now)  # one file, whoever gets it
        planned += launches.write(rt.db, run, rows, after, now)
        behaviour.trim(rt.db, people)
        run["launch"]["after"] = after
    launches.postpone(rt.db, run, clock())
    return planned


def _going_on(rt: Runtime, run: Run, now: datetime) -> Campaign | None:
    """The campaign, where it is running; else the launch waits, or is dropped."""
    campaign = campaigns.find(rt.db, run["campaign"])
    if (
        campaign is not None
        and campaign["run_id"] == run["_id"]
        and campaign["state"] == CampaignState.RUNNING
    ):
        return campaign
    if campaign is None or campaign["run_id"] != run["_id"]:
        launches.drop(rt.db, run)
        return None
    if campaign["state"] == CampaignState.PAUSED:
        launches.postpone(rt.db, run, now + _PAUSED_LOOK_AGAIN)
        return None
    if campaign["state"] == CampaignState.SCHEDULED:
        if not (reasons := blockers(rt.db, campaign)):
            life.begin(rt.db, campaign["_id"], now)
            launches.postpone(rt.db, run, now)  # whoever was faster, paused it, say, is heard
            return None
        life.fail(rt.db, campaign["_id"], " ".join(reasons), now)
    launches.drop(rt.db, run)
    return None


def _batches(rt: Runtime, document: AudienceCampaign, run: Run) -> Iterator[_Batch]:
    """The people behind the run's checkpoint, each batch with the checkpoint behind it."""
    retried = run.get("retry_of")
    launch = run["launch"]
    if retried is not None:
        return _failed(rt, retried, launch["after"])
    meant = document.audience.people()
    found = audience.stream(rt.db, meant, launch["as_of"], after=launch["after"], batch=BATCH)
    return ((people, people[-1]["_id"]) for people in found)


def _failed(rt: Runtime, run_id: ObjectId, after: ObjectId | None) -> Iterator[_Batch]:
    while failed := launches.failed_in(rt.db, run_id, after, BATCH):
        after = failed[-1]["_id"]
        found = contacts.by_ids(rt.db, [delivery["contact_id"] for delivery in failed])
        # Two who became one person meanwhile are found under both ids.
        yield list({person["_id"]: person for person in found.values()}.values()), after


def plan_of(rt: Runtime, campaign: Campaign, document: AudienceCampaign, run: Run) -> Plan:
    """What is the same for everybody in the run."""
    return Plan(
        document=document,
        template=content.template_of(rt.db, document),
        version=campaign["version"],
        policy=check.policy(rt.settings),
        run_id=run["_id"],
        schedule=_schedule(document, run),
    )


def _schedule(document: AudienceCampaign, run: Run) -> Schedule | None:
    """When each person should get it; None: at once."""
    if isinstance(document, RecurringCampaign) and (occasion := run.get("occasion")):
        return document.schedule.on_day(date.fromisoformat(occasion["day"]))
    if isinstance(document, OneTimeCampaign) and "retry_of" not in run:
        return document.schedule
    return None


def _nobody(_: _People) -> set[ObjectId]:
    return set()


def spared(
    db: mongo.Db, document: AudienceCampaign, run: Run
) -> Callable[[_People], set[ObjectId]]:
    """Who of some people had it from an occasion not long enough before this one's.

    Occasions are compared, and not when messages left: every 7 days is not within 7 days.
    """
    occasion = run.get("occasion")
    runs: list[ObjectId] = []
    since = now = run["started_at"]
    if isinstance(document, RecurringCampaign) and document.not_again_within and occasion:
        now = occasion["at"]
        since = now - timedelta(seconds=document.not_again_within)
        runs = series.runs_since(db, document.campaign, since, now)
    if not runs:
        return _nobody
    return lambda people: series.had_in(db, runs, [one["_id"] for one in people], since)
