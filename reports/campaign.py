"""One campaign's report: its runs, funnel, answers, rates, cost and course."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId

from reports import drips, funnel, series
from store import campaigns, deliveries, figures, mongo
from store.documents.campaign import Campaign, Run

_RUNS = 100_000  # a campaign that ran daily for 270 years
_RUNS_LISTED = 100


def of_campaign(db: mongo.Db, name: str, timezone: ZoneInfo) -> dict[str, Any] | None:
    """The whole report, ready for JSON; None where there is no such campaign.

    Counting by step and by time reads every delivery of the campaign; `summary` does not.
    """
    campaign = campaigns.find(db, name)
    if campaign is None:
        return None
    runs = campaigns.runs_of(db, name, _RUNS)
    ids = [run["_id"] for run in runs]
    with figures.unhurried():
        return {
            **_of_runs(campaign, runs, timezone),
            "series": series.of_points(_points(db, ids, timezone), timezone),
            "steps": steps_of(figures.by_step(db, ids)),
            **(drips.of_runs(db, runs) if any("definition" in run for run in runs) else {}),
        }


def summary(db: mongo.Db, name: str, timezone: ZoneInfo) -> dict[str, Any] | None:
    """The report without `series` and `steps`: cheap enough to be asked for every second.

    It reads the runs alone, whose counters move with the deliveries.
    """
    campaign = campaigns.find(db, name)
    if campaign is None:
        return None
    return _of_runs(campaign, campaigns.runs_of(db, name, _RUNS), timezone)


def of_all(db: mongo.Db) -> list[tuple[Campaign, dict[str, Any]]]:
    """Every campaign by name, with its funnel, reached and replied."""
    known = campaigns.all_of_them(db)
    runs: dict[str, list[Run]] = defaultdict(list)
    for run in figures.runs_of_all(db, [campaign["_id"] for campaign in known]):
        runs[run["campaign"]].append(run)
    return [(campaign, _headline(runs[campaign["_id"]])) for campaign in known]


def _headline(runs: Sequence[Run]) -> dict[str, Any]:
    tallies = funnel.tallied(runs)
    return {
        "funnel": funnel.of_runs(runs),
        "reached": funnel.reached(tallies),
        "replied": tallies.get("replied", 0),
    }


def _of_runs(campaign: Campaign, runs: Sequence[Run], zone: ZoneInfo) -> dict[str, Any]:
    tallies = funnel.tallied(runs)
    ever = funnel.reached(tallies)
    replied, clicked = tallies.get("replied", 0), tallies.get("clicked", 0)
    return {
        "campaign": campaign["_id"],
        "type": campaign["type"],
        "state": campaign["state"].lower(),
        "runs": [_run(run, zone) for run in runs[:_RUNS_LISTED]],
        "funnel": funnel.of_runs(runs),
        "reached": ever,
        "excluded_by_reason": funnel.named(_excluded(runs)),
        "skipped_by_reason": funnel.named(tallies.get("skipped", {})),
        "failed_by_code": funnel.failed_by_code(tallies.get("failed", {})),
        "replied": replied,
        "clicked": clicked,
        "clicks_by_button": funnel.named(tallies.get("button", {})),
        "opted_out": tallies.get("opted_out", 0),
        "goals": tallies.get("goals", 0),
        "rates": funnel.rates(ever, replied, clicked),
        "rates_are_of": funnel.RATES,
        "cost": funnel.cost(tallies.get("cost", {})),
    }


def _excluded(runs: Sequence[Run]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for run in runs:
        for reason, count in run.get("excluded", {}).items():
            total[reason] += count
    return total


def _run(run: Run, zone: ZoneInfo) -> dict[str, Any]:
    ended_at = run["ended_at"]
    return {
        "number": run["number"],
        "version": run["version"],
        "started_at": run["started_at"].astimezone(zone).isoformat(),
        "ended_at": ended_at.astimezone(zone).isoformat() if ended_at else None,
        "funnel": funnel.of_runs([run]),
    }


def _points(db: mongo.Db, ids: Sequence[ObjectId], zone: ZoneInfo) -> list[dict[str, Any]]:
    points = deliveries.series(db, ids, series.FINEST, zone.key)
    replies = figures.replies(db, ids, series.FINEST, zone.key)
    return points + [{"at": at, "replied": count} for at, count in replies]


def steps_of(counts: Sequence[tuple[int, str, int]]) -> list[dict[str, Any]]:
    """[{step, funnel}] of (step, status, count). Pure.

    Nobody is excluded from a step: who was left out never began.
    """
    by_step: dict[int, dict[str, int]] = defaultdict(dict)
    for step, status, count in counts:
        by_step[step][status] = count
    return [
        {"step": step, "funnel": funnel.of_counts(by_status)}
        for step, by_status in sorted(by_step.items())
    ]
