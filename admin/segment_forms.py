"""Describing a live segment on a page: rows of conditions, and how many people fit meanwhile."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask import redirect as go
from flask.typing import ResponseReturnValue

from admin import filter_fields, sessions
from admin.campaign_sketch import Sketch
from admin.forms import StepForm
from campaigns.samples import Sample
from config.strict import name_fault
from contacts import audience, segments
from contacts.audience import Audience
from contacts.filters.read import InvalidFilterError, read
from contacts.filters.words import sentence
from contacts.segments import ImpossibleSegmentError
from store import attributes
from store.documents.segment import SegmentKind

_NOBODY = Sample(None, None)


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    both = ["GET", "POST"]
    blueprint.add_url_rule("/new-segment", view_func=new_segment, methods=both)
    blueprint.add_url_rule("/segments/<name>/edit", view_func=edit_segment, methods=both)
    blueprint.add_url_rule("/sketch-segment", view_func=sketch_segment, methods=["POST"])


def new_segment() -> ResponseReturnValue:
    """A live segment that is not there yet."""
    return _form(None, {})


def edit_segment(name: str) -> ResponseReturnValue:
    """What a live segment asks."""
    found = segments.find(sessions.runtime().db, name)
    if found is None or found.kind != SegmentKind.LIVE:
        abort(404)
    return _form(name, dict(found.where or {}))


def _form(name: str | None, standing: dict[str, Any]) -> ResponseReturnValue:
    if request.method == "GET":
        return _page(name, filter_fields.values(standing), {})
    given = dict(request.form)
    if given.get("look"):  # without scripts: show the sketch
        return _page(name, given, {})
    called = name or given.get("name", "").strip()
    errors = _kept(called, given, new=name is None)
    if errors:
        return _page(name, given, errors)
    return go(url_for("admin.segment", name=called))


def _kept(called: str, given: dict[str, str], *, new: bool) -> dict[str, list[str]]:
    """What is wrong, by field; else the segment is kept."""
    db, now = sessions.runtime().db, datetime.now(UTC)
    errors: dict[str, list[str]] = {}
    if new and (fault := name_fault(called)):
        errors["name"] = ["Please fill this in." if not called else fault]
    elif new and segments.find(db, called) is not None:
        errors["name"] = ["There is a segment of this name already."]
    written, problems = filter_fields.where(given)
    try:
        found = read(written)
    except InvalidFilterError as error:
        problems += error.problems
    if problems:
        return {**errors, **filter_fields.at_fields(problems, given)}
    if errors:
        return errors
    try:
        segments.describe(db, called, SegmentKind.LIVE, found, now)
    except ImpossibleSegmentError as error:
        return {"more": [f"{error}."]}
    return {}


def _page(
    name: str | None, values: dict[str, str], errors: dict[str, list[str]]
) -> ResponseReturnValue:
    db = sessions.runtime().db
    page = render_template(
        "admin/segment_form.html",
        name=name,
        values=values,
        errors=errors,
        form=StepForm(),
        rows=range(filter_fields.ROWS),
        hows=filter_fields.HOWS,
        attributes=[one["_id"] for one in attributes.every(db)],
        seen=_sketched(values),
    )
    return page, 422 if errors else 200


def sketch_segment() -> ResponseReturnValue:
    """How many people fit what is typed. Keeps nothing."""
    return render_template("admin/_segment_sketch.html", seen=_sketched(dict(request.form)))


def _sketched(values: dict[str, str]) -> Sketch:
    written, problems = filter_fields.where(values)
    if not written and not problems:
        return Sketch(None, "Give at least one condition.", _NOBODY)
    try:
        found = read(written)
        if problems:
            return Sketch(None, "The conditions are not right yet.", _NOBODY)
        count = audience.count(sessions.runtime().db, Audience(where=found), datetime.now(UTC))
    except (InvalidFilterError, ImpossibleSegmentError):
        return Sketch(None, "The conditions are not right yet.", _NOBODY)
    return Sketch(count, sentence(found.tree), _NOBODY)
