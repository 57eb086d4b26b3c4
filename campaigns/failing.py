"""Stop a campaign that fails: too many of a batch that did not arrive pause it, with the reason.

Counted on the run's counters, so that refusals in answers and failures by webhook, of all workers,
are seen alike. A batch begins where the last one was judged.
"""

from collections.abc import Mapping
from datetime import datetime

from campaigns.content import document_of
from config import logs
from runtime import Runtime
from store import campaigns, launches
from store.documents.campaign import Campaign, CampaignChange, CampaignState, Run, Watch
from store.documents.delivery import DeliveryStatus

BATCH = 50  # fewer say little
_ANSWERED = (
    DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ,
    DeliveryStatus.PLAYED, DeliveryStatus.FAILED,
)  # fmt: skip

log = logs.get(__name__)


def sweep(rt: Runtime, now: datetime) -> int:
    """Judge each run that is going on by its latest batch; how many were paused. Safe to repeat."""
    paused = 0
    for campaign in campaigns.in_state(rt.db, CampaignState.RUNNING):
        run = campaigns.find_run(rt.db, campaign["run_id"]) if campaign["run_id"] else None
        if run is not None and _judge(rt, campaign, run, now):
            paused += 1
    return paused


def _judge(rt: Runtime, campaign: Campaign, run: Run, now: datetime) -> bool:
    since = run.get("watch") or {"answered": 0, "failed": 0}
    standing = watched(run["counters"])
    answered = standing["answered"] - since["answered"]
    failed = standing["failed"] - since["failed"]
    if answered < BATCH or not launches.watch(rt.db, run, standing):
        return False
    share = document_of(campaign).limits.stop_if_failing
    if share is None or failed <= share * answered:
        return False
    reason = f"{failed} of the last {answered} messages failed; it stops at {share:.0%}"
    change: CampaignChange = {
        "at": now, "by": "drumbeat", "state": CampaignState.PAUSED, "reason": reason,
    }  # fmt: skip
    log.error("a campaign fails and is paused", run_id=str(run["_id"]), count=failed)
    entered = campaigns.enter(rt.db, campaign["_id"], [CampaignState.RUNNING], change)
    return entered is not None


def watched(counters: Mapping[str, int]) -> Watch:
    """How many messages Meta answered for, and how many of these failed. Pure."""
    return {
        "answered": sum(counters.get(status, 0) for status in _ANSWERED),
        "failed": counters.get(DeliveryStatus.FAILED, 0),
    }
