"""A campaign's life: defined, started, paused, resumed, cancelled; each step by whom and when."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId

from campaigns import templates as fit
from campaigns.documents import CampaignDocument, InvalidCampaignError, Problem, read
from store import campaigns, mongo, templates
from store.documents.campaign import Campaign, CampaignChange, CampaignState, Run

_TRIES = 5


class UnknownCampaignError(LookupError):
    """There is no campaign of that name."""


class ImpossibleStepError(Exception):
    """The campaign's state, or what it lacks, does not allow it. Its text says why."""


def define(
    db: mongo.Db, name: str, document: Mapping[str, Any], by: str, now: datetime
) -> Campaign:
    """Keep `document` as the campaign `name`, new or changed; the same document changes nothing.

    Raises InvalidCampaignError with every fault at once. A change counts for people whom it
    reaches from now on: what was planned before stays as it was planned.
    """
    checked = _checked(db, name, document)
    # As it was given, so that people find their own words again; in JSON's types, as it would be
    # through the API: YAML has dates, and numbers for keys.
    definition = json.loads(json.dumps({**document, "campaign": name}, default=str))
    for _ in range(_TRIES):
        standing = campaigns.find(db, name)
        if standing is None:
            fresh = _new(name, checked.type, definition, by, now)
            if campaigns.insert(db, fresh):
                return fresh
        elif standing["definition"] == definition:
            return standing
        else:
            changed = campaigns.redefine(
                db, name, standing["version"], definition, checked.type, now
            )
            if changed is not None:
                return changed
    raise ImpossibleStepError("others keep changing this campaign; try again")


def _checked(db: mongo.Db, name: str, document: Mapping[str, Any]) -> CampaignDocument:
    checked = read({"campaign": name, **document})
    problems = []
    if checked.campaign != name:
        problems.append(Problem("campaign", f"says {checked.campaign!r}, the address {name!r}"))
    message = checked.message
    if message.template is not None and message.language is not None:
        template = templates.find(db, message.template, message.language)
        if template is not None:  # one that is not synced yet is seen when the campaign starts
            problems += fit.misfits(message, template)
    if problems:
        raise InvalidCampaignError(problems)
    return checked


def _new(name: str, kind: str, definition: dict[str, Any], by: str, now: datetime) -> Campaign:
    return {
        "_id": name,
        "type": kind,
        "definition": definition,
        "version": 1,
        "state": CampaignState.DRAFT,
        "reason": None,
        "run_id": None,
        "history": [{"at": now, "by": by, "state": CampaignState.DRAFT, "reason": None}],
        "created_at": now,
        "updated_at": now,
    }


def blockers(db: mongo.Db, campaign: Campaign) -> list[str]:
    """Why it cannot start, a sentence each; none where it can."""
    message = read(campaign["definition"]).message
    if message.template is None or message.language is None:
        return []
    template = templates.find(db, message.template, message.language)
    if template is None:
        what = f"Template {message.template!r} in {message.language!r}"
        return [f"{what} is not known; run `flask templates sync`."]
    if template["status"] != "APPROVED":
        return [f"Template {message.template!r} is {template['status'].lower()}, not approved."]
    return [f"{p.path}: {p.message}." for p in fit.misfits(message, template)]


def start(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """From draft or cancelled to active, as a new run. Raises ImpossibleStepError with the reason.

    Two who start it at once make one run.
    """
    campaign = _find(db, name)
    if campaign["state"] == CampaignState.ACTIVE:
        raise ImpossibleStepError(f"{name} is active already")
    if campaign["state"] == CampaignState.PAUSED:
        raise ImpossibleStepError(f"{name} is paused; resume it")
    if reasons := blockers(db, campaign):
        raise ImpossibleStepError(" ".join(reasons))
    previous = campaigns.runs_of(db, name, limit=1)
    run: Run = {
        "_id": ObjectId(),
        "campaign": name,
        "version": campaign["version"],
        "number": previous[0]["number"] + 1 if previous else 1,
        "started_at": now,
        "ended_at": None,
        "counters": {},
        "tallies": {},
    }
    if not campaigns.insert_run(db, run):
        raise ImpossibleStepError(f"{name} was started by somebody else just now")
    change = _change(CampaignState.ACTIVE, by, now)
    since = [CampaignState.DRAFT, CampaignState.CANCELLED]
    started = campaigns.enter(db, name, since, change, run["_id"])
    if started is None:
        campaigns.drop_run(db, run["_id"])
        raise ImpossibleStepError(f"{name} was changed by somebody else just now")
    return started


def pause(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """Active to paused: it starts for nobody until it is resumed."""
    return _step(db, name, [CampaignState.ACTIVE], CampaignState.PAUSED, by, now)


def resume(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """Paused to active, in the same run."""
    if reasons := blockers(db, _find(db, name)):
        raise ImpossibleStepError(" ".join(reasons))
    return _step(db, name, [CampaignState.PAUSED], CampaignState.ACTIVE, by, now)


def cancel(db: mongo.Db, name: str, by: str, now: datetime) -> Campaign:
    """Active or paused to cancelled: its run has ended, and what still waited is not sent."""
    since = [CampaignState.ACTIVE, CampaignState.PAUSED]
    cancelled = _step(db, name, since, CampaignState.CANCELLED, by, now)
    if cancelled["run_id"] is not None:
        campaigns.end_run(db, cancelled["run_id"], now)
    return cancelled


def _step(
    db: mongo.Db,
    name: str,
    since: list[CampaignState],
    to: CampaignState,
    by: str,
    now: datetime,
) -> Campaign:
    campaign = _find(db, name)
    moved = campaigns.enter(db, name, since, _change(to, by, now))
    if moved is None:
        possible = " or ".join(since)
        raise ImpossibleStepError(
            f"{name} is {campaign['state']}; only a campaign that is {possible} can be {to}"
        )
    return moved


def _find(db: mongo.Db, name: str) -> Campaign:
    campaign = campaigns.find(db, name)
    if campaign is None:
        raise UnknownCampaignError(name)
    return campaign


def _change(state: CampaignState, by: str, now: datetime) -> CampaignChange:
    return {"at": now, "by": by, "state": state, "reason": None}
