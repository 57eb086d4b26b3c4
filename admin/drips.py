"""On a person's page: put them into a drip, or take them out."""

from bson import ObjectId
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from admin import people, sessions
from campaigns import enrolling, leaving, roster
from campaigns.enrolling import Entry
from config import clock


def add_routes(blueprint: Blueprint) -> None:
    """Add the buttons to the blueprint, whose guard stands before them."""
    blueprint.add_url_rule("/contacts/<contact_id>/enrol", view_func=enrol, methods=["POST"])
    blueprint.add_url_rule(
        "/contacts/<contact_id>/withdraw/<name>", view_func=withdraw, methods=["POST"]
    )


def enrol(contact_id: str) -> ResponseReturnValue:
    """Into the drip that was chosen; what keeps them out is said."""
    rt, person, name = (
        sessions.runtime(),
        people.named(contact_id),
        request.form.get("campaign", ""),
    )
    now = clock.now()
    if name not in roster.open_for_hand(rt.db):
        flash("Choose a drip that is going on.", "warning")
    else:
        entry = Entry(f"hand:{ObjectId()}", sessions.signed_in().name, now)
        came = enrolling.enrol(rt, name, [person], entry, now)[person["_id"]]
        if came.enrolment is not None:
            flash(f"Enrolled in {name}.", "success")
        else:
            flash(f"Not enrolled: {came.detail}.", "warning")
    return redirect(url_for("admin.contact", contact_id=contact_id))


def withdraw(contact_id: str, name: str) -> ResponseReturnValue:
    """Out of it; what was owed and has not left is taken back."""
    rt, person = sessions.runtime(), people.named(contact_id)
    if leaving.withdraw(rt, person, name, sessions.signed_in().name, clock.now()):
        flash(f"Withdrawn from {name}.", "success")
    else:
        flash(f"They are not in {name} any more.", "warning")
    return redirect(url_for("admin.contact", contact_id=contact_id))
