"""The page of sends that nobody answered, where people decide what no machine may."""

from datetime import UTC, datetime

from bson import ObjectId
from bson.errors import InvalidId
from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin import sessions
from admin.forms import StepForm
from deliveries import doubt
from store import contacts, deliveries

_LISTED = 200
_DECISIONS = {
    "again": (doubt.write_again, "It is sent again."),
    "give-up": (doubt.give_up, "It counts as failed."),
}


def add_routes(blueprint: Blueprint) -> None:
    """Add the page to the blueprint, whose guard stands before it."""
    blueprint.add_url_rule("/doubts", view_func=doubts)
    blueprint.add_url_rule(
        "/doubts/<delivery_id>/<any(again, 'give-up'):decision>",
        view_func=decide,
        methods=["POST"],
    )


def doubts() -> ResponseReturnValue:
    """Those in doubt, longest first."""
    db = sessions.runtime().db
    rows = deliveries.in_doubt(db, _LISTED)
    people = contacts.by_ids(db, [row["contact_id"] for row in rows])
    return render_template(
        "admin/doubts.html", rows=rows, people=people, most=_LISTED, form=StepForm()
    )


def decide(delivery_id: str, decision: str) -> ResponseReturnValue:
    """Take somebody's word for it, unless Meta's came meanwhile."""
    try:
        which = ObjectId(delivery_id)
    except InvalidId:
        abort(404)
    act, done = _DECISIONS[decision]
    if act(sessions.runtime().db, which, sessions.signed_in().name, datetime.now(UTC)):
        flash(done, "success")
    else:
        flash("It is in doubt no more.", "warning")
    return redirect(url_for("admin.doubts"))
