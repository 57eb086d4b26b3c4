"""Enrol those who are in a drip's segment when it starts, a batch at a time, from a checkpoint.

A worker that dies is followed by another, which goes on behind the last batch that was kept.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from campaigns import course, enrolling, life
from campaigns.enrolling import Entry
from config import logs
from contacts import audience
from contacts.audience import Audience
from contacts.segments import ImpossibleSegmentError
from runtime import Runtime
from store import campaigns, intakes
from store.documents.campaign import CampaignState, Run
from store.enrolments import LostIntakeError

BATCH = 1000
_PAUSED_LOOK_AGAIN = timedelta(seconds=5)

log = logs.get(__name__)
Clock = Callable[[], datetime]


def take_in_due(rt: Runtime, clock: Clock, stop: Callable[[], bool] = lambda: False) -> int:
    """Enrol the people of every drip whose segment waits; return how many were looked at.

    Ends when none is due or `stop()` says so. Several may run at once: each run is one's own.
    """
    seen = 0
    while not stop():
        run = intakes.claim(rt.db, clock())
        if run is None:
            break
        try:
            seen += _go_on(rt, run, clock, stop)
        except ImpossibleSegmentError as error:
            life.hold(rt.db, run["campaign"], f"Its segment cannot be asked: {error}", clock())
            intakes.leave(rt.db, run, clock() + _PAUSED_LOOK_AGAIN)
        except LostIntakeError:
            log.warning("another worker goes on with this segment", run_id=str(run["_id"]))
    return seen


def _go_on(rt: Runtime, run: Run, clock: Clock, stop: Callable[[], bool]) -> int:
    seen = 0
    document, at = course.of_run(run).document, run["intake"]
    segment = document.enrol.segment if document.enrol else None
    meant = Audience(segments=(segment or "",))
    batches = audience.stream(rt.db, meant, at["as_of"], after=at["after"], batch=BATCH)
    while not stop():
        now = clock()
        state = _state(rt, run)
        if state != CampaignState.ACTIVE:
            paused = state == CampaignState.PAUSED
            intakes.leave(rt.db, run, now + _PAUSED_LOOK_AGAIN if paused else None)
            return seen
        people = next(batches, None) if segment is not None else None
        if people is None:
            intakes.leave(rt.db, run, None)
            log.info("a segment is enrolled", run_id=str(run["_id"]), count=seen)
            return seen
        lease = at["lease"]
        if lease is not None:
            at = {
                **at,
                "after": people[-1]["_id"],
                "lease": {**lease, "until": now + intakes.LEASE},
            }
        entry = Entry(at["cause"], f"segment {segment}", now)
        enrolling.enrol(rt, run["campaign"], people, entry, now, {**run, "intake": at})
        seen += len(people)
    intakes.leave(rt.db, run, clock())
    return seen


def _state(rt: Runtime, run: Run) -> CampaignState | None:
    """How the drip stands; None where this run takes nobody in any more."""
    campaign = campaigns.find(rt.db, run["campaign"])
    if campaign is None or campaign["run_id"] != run["_id"]:
        return None
    return campaign["state"]
