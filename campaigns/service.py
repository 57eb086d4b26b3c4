"""Define campaigns: keep a document that can be run, and say what keeps one from starting."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaigns import occasions, versions, watching
from campaigns import templates as fit
from campaigns.documents import (
    Definition,
    InvalidCampaignError,
    OneTimeCampaign,
    Problem,
    RecurringCampaign,
    read,
)
from campaigns.messages import CampaignMessage
from campaigns.schedule import Schedule
from store import campaigns, mongo, templates
from store.documents.campaign import Campaign, CampaignState, Series
from store.documents.template import Template

_TRIES = 5
_GOING_ON = (CampaignState.ACTIVE, CampaignState.RUNNING, CampaignState.PAUSED)


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
            begins = _movable(standing, checked, now)
            run = versions.following(db, standing, checked, definition, now)
            going = _going_on(standing, checked, now)
            changed = campaigns.redefine(db, standing, definition, now, begins, run, going)
            if changed is not None:
                if changed["state"] in (CampaignState.ACTIVE, CampaignState.PAUSED):
                    watching.begin(db, checked)
                return changed
    raise ImpossibleStepError("others keep changing this campaign; try again")


def _checked(db: mongo.Db, name: str, document: Mapping[str, Any]) -> Definition:
    checked = read({"campaign": name, **document})
    problems = []
    if checked.campaign != name:
        problems.append(Problem("campaign", f"says {checked.campaign!r}, the address {name!r}"))
    for path, message in checked.messages():
        if message.template is not None and message.language is not None:
            template = templates.find(db, message.template, message.language)
            if template is not None:  # one that is not synced yet is seen when the campaign starts
                problems += _misfits(path, message, template)
    if problems:
        raise InvalidCampaignError(problems)
    return checked


def _misfits(path: str, message: CampaignMessage, template: Template) -> list[Problem]:
    """What does not fit, with its path: `message.parameters` as it stands in a step."""
    within = path.removesuffix("message")
    return [Problem(within + one.path, one.message) for one in fit.misfits(message, template)]


def _movable(standing: Campaign, new: Definition, now: datetime) -> datetime | None:
    """The moment at which a scheduled campaign now begins; None where nothing has to be moved.

    Raises ImpossibleStepError where the change is none that a campaign can make in this state.
    """
    state, name = standing["state"], standing["_id"]
    started = standing["run_id"] is not None or "series" in standing
    if started and new.type != standing["type"]:
        raise ImpossibleStepError(f"{name} was started as a {standing['type']} campaign")
    if not isinstance(new, OneTimeCampaign) or state != CampaignState.SCHEDULED:
        return None
    if new.schedule is None:
        return now
    if reason := lateness(new.schedule, now):
        raise ImpossibleStepError(reason)
    return new.schedule.begins()


def _going_on(standing: Campaign, new: Definition, now: datetime) -> Series | None:
    """How a recurring campaign that was started goes on after the change; None: as before.

    Raises ImpossibleStepError where its new schedule has no time left.
    """
    series = standing.get("series")
    old = read(standing["definition"])
    if (
        series is None
        or standing["state"] not in _GOING_ON
        or not isinstance(new, RecurringCampaign)
        or not isinstance(old, RecurringCampaign)
    ):
        return None
    going = occasions.edited(old.schedule, new.schedule, series, now)
    if going is not None and going["next_at"] is None:
        raise ImpossibleStepError(occasions.OVER)
    return going


def lateness(schedule: Schedule | None, now: datetime) -> str | None:
    """Why its moment cannot come any more, as a sentence. Pure."""
    if schedule is None or schedule.ends() > now:
        return None
    return (
        f"Its time, {schedule.at} ({schedule.timezone}), is over: give it a later one, or none to "
        "start at once."
    )


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
    document = read(campaign["definition"])
    found = [
        reason for path, message in document.messages() for reason in _blocked_by(db, path, message)
    ]
    return list(dict.fromkeys(found))


def _blocked_by(db: mongo.Db, path: str, message: CampaignMessage) -> list[str]:
    if message.template is None or message.language is None:
        return []
    template = templates.find(db, message.template, message.language)
    if template is None:
        what = f"Template {message.template!r} in {message.language!r}"
        return [f"{what} is not known; run `flask templates sync`."]
    if template["status"] != "APPROVED":
        return [f"Template {message.template!r} is {template['status'].lower()}, not approved."]
    return [f"{p.path}: {p.message}." for p in _misfits(path, message, template)]


def find(db: mongo.Db, name: str) -> Campaign:
    """The campaign. Raises UnknownCampaignError."""
    campaign = campaigns.find(db, name)
    if campaign is None:
        raise UnknownCampaignError(name)
    return campaign
