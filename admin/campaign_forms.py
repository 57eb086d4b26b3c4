"""Making a campaign and changing it: who, what, when, limits, and what it looks like meanwhile.

It writes the same documents as the API, through the same check.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin import campaign_fields, campaign_sketch, sessions
from admin.campaign_fields import TYPES
from admin.forms import StepForm
from campaigns import service, templates, trying
from campaigns.documents import TRIGGERS, InvalidCampaignError, read
from campaigns.service import ImpossibleStepError, UnknownCampaignError
from config.strict import name_fault
from contacts import segments
from store import campaigns
from store import templates as known_templates
from store.documents.template import Template

_NAMED = 60  # segments that are offered
_EDITABLE = frozenset({"draft", "scheduled", "active", "paused", "failed", "cancelled"})


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    both, one = ["GET", "POST"], "/campaigns/<name>"
    blueprint.add_url_rule("/new-campaign/<kind>", view_func=new_campaign, methods=both)
    blueprint.add_url_rule(f"{one}/edit", view_func=edit_campaign, methods=both)
    blueprint.add_url_rule("/sketch/<kind>", view_func=sketch, methods=["POST"])
    blueprint.add_url_rule(f"{one}/duplicate", view_func=duplicate, methods=["POST"])
    blueprint.add_url_rule(f"{one}/test", view_func=send_test, methods=["POST"])


def new_campaign(kind: str) -> ResponseReturnValue:
    """A form for a campaign of this type; once it is right, a draft and the look ahead."""
    if kind not in TYPES:
        abort(404)
    return _form({"type": kind}, None)


def edit_campaign(name: str) -> ResponseReturnValue:
    """The same form on a campaign that is there already."""
    known = campaigns.find(sessions.runtime().db, name)
    if known is None or not may_edit(known["type"], known["state"]):
        abort(404)
    return _form(known["definition"], name)


def may_edit(kind: str, state: str) -> bool:
    """Whether the form knows its type, and it is not over. Pure."""
    return kind in TYPES and state in _EDITABLE


def _form(base: dict[str, Any], name: str | None) -> ResponseReturnValue:
    if request.method == "GET":
        values = campaign_fields.values(base)
        if name is None:
            values["timezone"] = sessions.runtime().settings.timezone.key
        return _page(base, name, values, {})
    given = request.form
    document = campaign_fields.document(given, base, _wanted(given.get("template", "")))
    if given.get("look"):  # without scripts: show what the template wants, and the sketch
        return _page(document, name, dict(given), {})
    called = name or given.get("name", "").strip()
    try:
        errors = _kept(called, document, new=name is None)
    except InvalidCampaignError as error:
        errors = campaign_fields.at_fields(error.problems)
    except ImpossibleStepError as error:
        errors = {"": [str(error)]}
    if errors:
        return _page(document, name, dict(given), errors)
    return redirect(url_for("admin.look_ahead", name=called))


def _kept(called: str, document: dict[str, Any], *, new: bool) -> dict[str, list[str]]:
    """What is wrong with its name; else the campaign is kept. Raises what `define` raises."""
    db = sessions.runtime().db
    if new and (fault := _name_fault(called)):
        try:
            read({**document, "campaign": "new"})
        except InvalidCampaignError as error:
            return {**campaign_fields.at_fields(error.problems), "name": [fault]}
        return {"name": [fault]}
    made = {"campaign": called, **document}
    service.define(db, called, made, sessions.signed_in().name, datetime.now(UTC))
    return {}


def _name_fault(called: str) -> str | None:
    if not called:
        return "Please fill this in."
    if campaigns.find(sessions.runtime().db, called) is not None:
        return "There is a campaign of this name already."
    return name_fault(called)


def _page(
    document: dict[str, Any], name: str | None, values: dict[str, str], errors: dict[str, list[str]]
) -> ResponseReturnValue:
    rt = sessions.runtime()
    page = render_template(
        "admin/campaign_form.html",
        name=name,
        kind=document["type"],
        errors=errors,
        values=values,
        form=StepForm(),
        triggers=TRIGGERS,
        templates=known_templates.all_of_them(rt.db),
        segments=segments.every(rt.db)[:_NAMED],
        **_sketched(document, values),
    )
    return page, 422 if errors else 200


def sketch(kind: str) -> ResponseReturnValue:
    """The parts of the form's page that follow what is typed. Keeps nothing."""
    if kind not in TYPES:
        abort(404)
    given = dict(request.form)
    name = given.get("standing", "")
    known = campaigns.find(sessions.runtime().db, name) if name else None
    base = known["definition"] if known else {"type": kind}
    document = campaign_fields.document(given, base, _wanted(given.get("template", "")))
    parts = _sketched(document, given)
    return render_template("admin/_sketch_parts.html", values=given, errors={}, kind=kind, **parts)


def _sketched(document: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    rt, now = sessions.runtime(), datetime.now(UTC)
    chosen = _template(values.get("template", ""))
    return {
        "wanted": templates.slots(chosen) if chosen else None,
        "chosen": chosen,
        "carries": campaign_fields.carries,
        "seen": campaign_sketch.of(rt, document, values.get("as", "")[:40].strip(), now),
    }


def _template(given: str) -> Template | None:
    name, _, language = given.partition(":")
    return known_templates.find(sessions.runtime().db, name, language) if name else None


def _wanted(given: str) -> templates.Slots | None:
    chosen = _template(given)
    return templates.slots(chosen) if chosen else None


def duplicate(name: str) -> ResponseReturnValue:
    """A draft of another name with the same definition."""
    db, copy = sessions.runtime().db, request.form.get("copy", "").strip()
    try:
        trying.duplicate(db, name, copy, sessions.signed_in().name, datetime.now(UTC))
    except UnknownCampaignError:
        abort(404)
    except (ImpossibleStepError, InvalidCampaignError) as error:
        flash(f"Not copied: {error}", "warning")
        return redirect(url_for("admin.campaign", name=name))
    flash(f"{copy} is a draft with the same definition.", "success")
    return redirect(url_for("admin.campaign", name=copy))


def send_test(name: str) -> ResponseReturnValue:
    """Its message, to colleagues by their numbers, before anybody else gets it."""
    rt, now = sessions.runtime(), datetime.now(UTC)
    phones = request.form.get("phones", "").replace(",", "\n").splitlines()
    try:
        sent = trying.send_test(
            rt, name, [one.strip() for one in phones if one.strip()], sessions.signed_in().name, now
        )
    except UnknownCampaignError:
        abort(404)
    except ImpossibleStepError as error:
        flash(f"Nobody gets it: {error}.", "warning")
    else:
        flash(f"{len(sent)} on the way.", "success")
    return redirect(url_for("admin.look_ahead", name=name))
