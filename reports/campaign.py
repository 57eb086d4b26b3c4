"""One campaign's report: its runs, funnel, answers, rates, cost and course."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from reports import drips, funnel, series
from reports.days import by, happened, reasons, took, within
from reports.days import points as half_hours
from reports.ranges import Range
from store import campaigns, course, figures, mongo
from store.documents.campaign import Campaign, Run
from store.documents.run_day import RunDay

_RUNS = 100_000  # a campaign that ran daily for 270 years
_RUNS_LISTED = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what the report is. run: the number of one run alone. within: when it happened. bucket:
    of the series; None for what its span is fit for."""

    run: int | None = None
    within: Range | None = None
    bucket: series.Bucket | None = None


EVERYTHING = Asked()


def of_campaign(
    db: mongo.Db, name: str, timezone: ZoneInfo, asked: Asked = EVERYTHING
) -> dict[str, Any] | None:
    """The whole report, ready for JSON; None where there is no such campaign, or no such run.

    It reads the runs and their days alone, whose counters move with the deliveries: as fast of a
    million as of ten. `happened`, `series`, `took`, `by` and `in_range` are of the range asked for,
    where one was: the first two to the half hour, the others by days of UTC.
    """
    campaign = campaigns.find(db, name)
    if campaign is None:
        return None
    runs = campaigns.runs_of(db, name, _RUNS)
    if asked.run is not None:
        runs = [run for run in runs if run["number"] == asked.run]
        if not runs:
            return None
    days = within(course.of_runs(db, [run["_id"] for run in runs]), asked.within)
    points = half_hours(days, asked.within)
    ever = happened(points)
    return {
        **_of_runs(campaign, runs, timezone),
        "series": series.of_points(points, timezone, asked.bucket),
        "steps": steps_of(runs),
        "happened": ever,
        "conversion": _share(ever["goals"], ever["delivered"]),
        "opt_out_rate": _share(ever["opted_out"], ever["delivered"]),
        "took": took(days),
        "by": by(days, timezone),
        "in_range": _range_of(asked.within, days) if asked.within else None,
        **(drips.of_runs(db, runs) if any("definition" in run for run in runs) else {}),
    }


def _share(count: int, of: int) -> float | None:
    return round(count / of, 4) if of else None


def _range_of(meant: Range, days: Sequence[RunDay]) -> dict[str, Any]:
    """What the range is, and what is told by reason of it."""
    return {
        "name": meant.name,
        "from": meant.since.isoformat(),
        "until": meant.until.isoformat(),
        **reasons(days),
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
        "occasions": occasions_of(campaign, zone),
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
        **_occasion(run, zone),
    }


def _occasion(run: Run, zone: ZoneInfo) -> dict[str, Any]:
    """For which of its times a recurring campaign ran."""
    occasion = run.get("occasion")
    return {"occasion": occasion["at"].astimezone(zone).isoformat()} if occasion else {}


def occasions_of(campaign: Campaign, zone: ZoneInfo) -> dict[str, Any] | None:
    """{next_at, waits, skipped: {reason: count}} of a recurring campaign; None of others."""
    series = campaign.get("series")
    if series is None:
        return None
    at = series["next_at"]
    return {
        "next_at": at.astimezone(zone).isoformat() if at else None,
        "waits": series["waits"],
        "skipped": series["skipped"],
    }


def steps_of(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """[{step, funnel}] of the runs' counters. Pure.

    Nobody is excluded from a step: who was left out never began.
    """
    return [
        {"step": step, "funnel": funnel.of_counts(counts)}
        for step, counts in sorted(funnel.by_step(runs).items())
        if any(counts.values())
    ]
