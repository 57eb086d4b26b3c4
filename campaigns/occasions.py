"""Which occasions of a recurring campaign run, which are let go, and which come next. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from campaigns.recurrence import Occasion, Recurrence, first_day
from store.documents.campaign import CampaignState, Series

# Later than this, an occasion was missed.
GRACE = timedelta(hours=1)
AHEAD = timedelta(days=366)
MISSED, OVERLAP, PAUSED = "missed", "overlap", "paused"
OVER = "Its schedule has no time left: give it a later `until`, or more times to go out."
_BUSY = (CampaignState.RUNNING, CampaignState.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Turn:
    """What is done with the occasions that are due. skipped: how many, for one reason, are let go.
    next: the one that comes next; None where none does. waits: it is due, and waits for the run
    before it."""

    run: Occasion | None = None
    skipped: int = 0
    reason: str = MISSED
    next: Occasion | None = None
    waits: bool = False


def decide(rule: Recurrence, series: Series, state: CampaignState, now: datetime) -> Turn:
    """Pure. A pause lets go of what falls into it, and of what was missed `missed` decides."""
    at = series["next_at"]
    if at is None:
        return Turn()
    coming = (one for one in rule.occasions(date.fromisoformat(series["anchor"])) if one.at >= at)
    due = []
    following = None
    for one in coming:
        if one.at > now:
            following = one
            break
        due.append(one)
    if state == CampaignState.PAUSED:
        return Turn(skipped=len(due), reason=PAUSED, next=following)
    kept = _kept(rule, series, due, now)
    reason = OVERLAP if series["waits"] else MISSED
    skipped = len(due) - len(kept)
    if state in _BUSY:
        return Turn(None, skipped, reason, kept[0] if kept else following, bool(kept))
    return Turn(
        kept[0] if kept else None,
        skipped,
        reason,
        kept[1] if len(kept) > 1 else following,
        len(kept) > 1,
    )


def _kept(
    rule: Recurrence, series: Series, due: Sequence[Occasion], now: datetime
) -> list[Occasion]:
    if rule.missed == "catch_up":
        return list(due)
    if rule.missed == "once":
        return list(due[-1:])
    # One that was on time, and has waited since for the run before it, was not missed.
    waited = series["next_at"] if series["waits"] else None
    return [one for one in due if now - one.at <= GRACE or one.at == waited][-1:]


def begun(rule: Recurrence, standing: Series | None, now: datetime) -> Series:
    """The series of one that is started now. standing: of its last start."""
    return _from(rule, first_day(rule, now), standing, now)


def edited(old: Recurrence, rule: Recurrence, standing: Series, now: datetime) -> Series | None:
    """How it goes on with a new schedule, from now; None where its times stay as they are."""
    if old.model_copy(update={"missed": rule.missed}) == rule:
        return None
    anchor = rule.starts or date.fromisoformat(standing["anchor"])
    return {**_from(rule, anchor, standing, now), "skipped": standing["skipped"]}


def _from(rule: Recurrence, anchor: date, standing: Series | None, now: datetime) -> Series:
    following = next(rule.after(anchor, now), None)
    return {
        "anchor": anchor.isoformat(),
        "next_at": following.at if following else None,
        "waits": False,
        "skipped": {},
        "version": standing["version"] + 1 if standing else 1,
    }


def coming(rule: Recurrence, series: Series | None, now: datetime) -> list[Occasion]:
    """A year of what comes next, with the schedule as it is; of a draft, if it were started now."""
    anchor = date.fromisoformat(series["anchor"]) if series else first_day(rule, now)
    return list(takewhile(lambda one: one.at <= now + AHEAD, rule.after(anchor, now)))
