"""A campaign's report, its chart, and the people behind each number."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from admin import sessions
from config import clock
from reports import behind, chart, funnel, numbers, ranges, recipients, workbook
from reports import campaign as report_of
from store import campaigns, figures, marks

_PEOPLE = 50
_TAKEN_ON = ("range", "from", "to", "run")  # of the address, to what moves and to the chart
# A picture's style is in itself. It may fetch nothing and run nothing, opened by itself either.
_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True)
class _Look:
    """What the page was asked for. trouble: why a range is none; the whole is shown then."""

    asked: report_of.Asked
    trouble: str | None = None


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    blueprint.add_url_rule("/campaigns/<name>/report", view_func=report)
    blueprint.add_url_rule("/campaigns/<name>/report/now", view_func=report_now)
    blueprint.add_url_rule("/campaigns/<name>/report/chart.svg", view_func=report_chart)
    blueprint.add_url_rule("/campaigns/<name>/people", view_func=people_behind)
    blueprint.add_url_rule(
        "/campaigns/<name>/recipients.<any(csv, xlsx):kind>", view_func=recipients_file
    )


def report(name: str) -> ResponseReturnValue:
    """Everything that is known of how it did, in a range and of a run, or in all."""
    look = _look()
    runs = campaigns.runs_of(sessions.runtime().db, name)
    page = render_template(
        "admin/report.html",
        trouble=look.trouble,
        runs=[run["number"] for run in runs],
        named=list(ranges.NAMED),
        taken_on=_taken_on(),
        **_shown(name, look.asked),
    )
    return page, 422 if look.trouble else 200


def report_now(name: str) -> ResponseReturnValue:
    """The part of it that moves while somebody looks."""
    return render_template("admin/_report.html", **_shown(name, _look().asked))


def report_chart(name: str) -> ResponseReturnValue:
    """Its series as a picture, which may be saved."""
    zone = sessions.runtime().settings.timezone
    found = _found(name, _look().asked)
    response = Response(chart.svg(found["series"], zone), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = _PICTURE
    return response


def people_behind(name: str) -> ResponseReturnValue:
    """Those whom a number counts, a page at a time."""
    rt = sessions.runtime()
    asked = {key: request.args[key] for key in numbers.KEYS if request.args.get(key)}
    try:
        found = behind.page(rt.db, name, asked, _PEOPLE, rt.settings.timezone)
    except numbers.AskedError as error:
        return render_template("admin/people.html", name=name, trouble=str(error)), 422
    if found is None:
        abort(404)
    return render_template(
        "admin/people.html", name=name, page=found, asked=asked, looked_at=figures.LOOKED_AT
    )


def recipients_file(name: str, kind: str) -> ResponseReturnValue:
    """The complete list, one row a recipient."""
    db, called = sessions.runtime().db, f"{name}.{kind}"
    if campaigns.find(db, name) is None:
        abort(404)
    if kind == "xlsx":
        file = workbook.kept(db, name)
        return send_file(file, workbook.MEDIA, as_attachment=True, download_name=called)
    response = Response(recipients.csv_rows(db, name), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=called)
    return response


def _look() -> _Look:
    """What stands in the address. A name wins over two days that were left in their fields."""
    given, zone = request.args, sessions.runtime().settings.timezone
    run = given.get("run", "")
    if run and not run.isdecimal():
        abort(404)
    number = int(run) if run else None
    name = given.get("range", "")
    days = (None, None) if name in ranges.NAMED else (given.get("from"), given.get("to"))
    named = name if name in ranges.NAMED else None
    try:
        within = ranges.read(named, *days, clock.now(), zone)
    except ranges.RangeError as error:
        return _Look(report_of.Asked(number), f"The range {error}.")
    return _Look(report_of.Asked(number, within))


def _taken_on() -> dict[str, str]:
    return {key: request.args[key] for key in _TAKEN_ON if request.args.get(key)}


def _found(name: str, asked: report_of.Asked) -> dict[str, Any]:
    rt = sessions.runtime()
    found = report_of.of_campaign(rt.db, name, rt.settings.timezone, asked)
    if found is None:
        abort(404)
    return found


def _shown(name: str, asked: report_of.Asked) -> dict[str, Any]:
    """The report, and three ways to link to people: ever, in the range, on its days of UTC."""
    within = asked.within
    links = {"ever": _links(name, asked.run, None, None)}
    links["exactly"] = links["by_day"] = links["ever"]
    if within is not None:
        links["exactly"] = _links(name, asked.run, within.since, within.until)
        since, until = _days_of_utc(within)
        links["by_day"] = _links(name, asked.run, since, until)
    found = _found(name, asked)
    return {
        "report": found, "asked": asked, "whats": marks.WHATS, "stands": funnel.STATES[1:],
        "run_of": {run["version"]: run["number"] for run in found["runs"]}, **links,
    }  # fmt: skip


def _links(
    name: str, run: int | None, since: datetime | None, until: datetime | None
) -> Callable[..., str]:
    """The address of the people behind a number: `link(what="read", language="hi")`."""
    fixed: dict[str, Any] = {"run": run}
    if since is not None and until is not None:
        fixed |= {"since": since.isoformat(), "until": until.isoformat()}
    return lambda **asked: url_for("admin.people_behind", name=name, **{**fixed, **asked})


def _days_of_utc(within: ranges.Range) -> tuple[datetime, datetime]:
    """The days of UTC that a range touches: what most breakdowns are counted by."""
    first = within.since.astimezone(UTC).date()
    last = (within.until - timedelta(microseconds=1)).astimezone(UTC).date()
    midnight = datetime.combine(last, time(), UTC)
    return datetime.combine(first, time(), UTC), midnight + timedelta(days=1)
