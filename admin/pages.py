"""Campaigns, one campaign while it runs, one person's history."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin import doubts, people, plain, sessions
from admin.forms import StepForm
from campaigns import life, preview, roster, samples, service
from campaigns.documents import InvalidCampaignError
from config import clock
from reports import campaign as report
from reports import history, why
from store import campaigns, contacts, dead_letters, enrolments, figures, gauges, loops
from store.documents.contact import Contact

_LATEST = 20
_HISTORY = 200
_WHY = 30  # campaigns that are answered for at once
_DEAD = 200
_LOOKED_AT = 50_000  # people, for a page that somebody waits for
STEPS = {
    "start": life.start,
    "pause": life.pause,
    "resume": life.resume,
    "cancel": life.cancel,
    "retry-failed": life.retry_failed,
}


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    blueprint.add_url_rule("/", view_func=home)
    blueprint.add_url_rule("/list", view_func=campaign_list)
    blueprint.add_url_rule("/campaigns/<name>", view_func=campaign)
    blueprint.add_url_rule("/campaigns/<name>/funnel", view_func=funnel)
    blueprint.add_url_rule(
        "/campaigns/<name>/preview", view_func=look_ahead, methods=["GET", "POST"]
    )
    blueprint.add_url_rule(
        "/campaigns/<name>/<any(start, pause, resume, cancel, 'retry-failed'):step>",
        view_func=take_step,
        methods=["POST"],
    )
    blueprint.add_url_rule("/contacts/<contact_id>", view_func=contact)
    blueprint.register_error_handler(404, _not_found)


def _not_found(_error: Exception) -> ResponseReturnValue:
    return render_template("admin/not_found.html"), 404


def home() -> ResponseReturnValue:
    """Every campaign with its headline figures."""
    db = sessions.runtime().db
    return render_template(
        "admin/home.html",
        campaigns=report.of_all(db),
        dead=dead_letters.count(db, at_most=_DEAD),
        most_dead=_DEAD,
        doubted=gauges.deliveries_unknown(db),
        looping=loops.count(db, doubts.LOOPS),
        most_loops=doubts.LOOPS,
    )


def campaign_list() -> ResponseReturnValue:
    """The part of the first page that moves."""
    every = report.of_all(sessions.runtime().db)
    return render_template("admin/_campaigns.html", campaigns=every)


def campaign(name: str) -> ResponseReturnValue:
    """One campaign: what it is, how far it is, what may be done with it."""
    known = campaigns.find(sessions.runtime().db, name)
    if known is None:
        abort(404)
    return render_template(
        "admin/campaign.html",
        campaign=known,
        lines=plain.lines(known["definition"]),
        steps=plain.steps_from(known["state"]),
        form=StepForm(),
        **_moving(name),
    )


def look_ahead(name: str) -> ResponseReturnValue:
    """What starting it will come to, before anybody is written to, and how it will look.

    Posted with the number of whose eyes to see it through: in an address it would be logged.
    """
    try:
        rt, now, as_whom = sessions.runtime(), clock.now(), request.form.get("as", "")[:40]
        seen = preview.of(rt, name, now, _LOOKED_AT)
        sample = samples.of(rt, name, now, as_whom.strip() or None)
    except service.UnknownCampaignError:
        abort(404)
    steps = [step for step in plain.steps_from(seen.state) if step in ("start", "resume")]
    return render_template(
        "admin/preview.html",
        seen=seen,
        steps=steps,
        sample=sample,
        as_whom=as_whom,
        form=StepForm(),
    )


def funnel(name: str) -> ResponseReturnValue:
    """The part of the page that moves, asked for every second or so while somebody looks."""
    return render_template("admin/_moving.html", **_moving(name))


def _moving(name: str) -> dict[str, Any]:
    rt = sessions.runtime()
    numbers = report.summary(rt.db, name, rt.settings.timezone)
    if numbers is None:
        abort(404)
    runs = [run["_id"] for run in campaigns.runs_of(rt.db, name)]
    latest = figures.latest(rt.db, runs, _LATEST)
    people = contacts.by_ids(rt.db, [delivery["contact_id"] for delivery in latest])
    return {"report": numbers, "latest": latest, "people": people}


def take_step(name: str, step: str) -> ResponseReturnValue:
    """Start, pause, resume or cancel; what cannot be done says why."""
    rt = sessions.runtime()
    try:
        STEPS[step](rt.db, name, sessions.signed_in().name, clock.now())
    except service.UnknownCampaignError:
        abort(404)
    except (service.ImpossibleStepError, InvalidCampaignError) as error:
        flash(str(error), "warning")
    else:
        flash(plain.STEPS_DONE[step], "success")
    return redirect(url_for("admin.campaign", name=name))


def contact(contact_id: str) -> ResponseReturnValue:
    """Why she did, or did not, get it."""
    db = sessions.runtime().db
    person = people.named(contact_id)
    entries = history.of_contact(db, person["_id"], _HISTORY)
    return render_template(
        "admin/contact.html",
        person=person,
        suppressions=history.standing_of(db, person).values(),
        entries=[plain.entry(row) for row in entries],
        in_drips=sorted(row["campaign"] for row in enrolments.active_of(db, [person["_id"]])),
        drips=roster.open_for_hand(db),
        form=StepForm(),
        **_why(person),
    )


def _why(person: Contact) -> dict[str, Any]:
    """The answers, where somebody asks: `?why=NAME` for one campaign, `?why=` for the latest."""
    db, asked, now = sessions.runtime().db, request.args.get("why"), clock.now()
    names = sorted(row["_id"] for row in campaigns.all_of_them(db))
    answers = None
    if asked is not None:
        one = asked.strip()
        answers = why.of(db, person, one, now) if one else why.of_campaigns(db, person, _WHY, now)
    return {"asked": asked, "campaign_names": names, "answers": answers, "most_answers": _WHY}
