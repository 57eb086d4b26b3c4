"""The page of what people should look at: sends that nobody answered, and loops that were cut."""

from bson import ObjectId
from bson.errors import InvalidId
from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin import sessions
from admin.forms import StepForm
from config import clock
from deliveries import doubt
from store import contacts, deliveries, loops

_LISTED = 200
LOOPS = 100
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
    """Those in doubt, longest first; and with whom our answers were in a loop."""
    db = sessions.runtime().db
    rows = deliveries.in_doubt(db, _LISTED)
    cut = loops.recent(db, LOOPS)
    who = [row["contact_id"] for row in rows] + [one["_id"] for one in cut]
    return render_template(
        "admin/doubts.html",
        rows=rows,
        loops=cut,
        people=contacts.by_ids(db, who),
        most=_LISTED,
        most_loops=LOOPS,
        form=StepForm(),
    )


def decide(delivery_id: str, decision: str) -> ResponseReturnValue:
    """Take somebody's word for it, unless Meta's came meanwhile."""
    try:
        which = ObjectId(delivery_id)
    except InvalidId:
        abort(404)
    act, done = _DECISIONS[decision]
    if act(sessions.runtime().db, which, sessions.signed_in().name, clock.now()):
        flash(done, "success")
    else:
        flash("It is in doubt no more.", "warning")
    return redirect(url_for("admin.doubts"))
