"""The page of a new installation, on which the first admin is made. Gone once there is one."""

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts import audit, first
from accounts.people import ImpossibleAccountError
from admin import sessions, sign_in
from admin.forms import SetupForm


def add_routes(blueprint: Blueprint) -> None:
    """Add the page to the blueprint; it is open as long as nobody has an account."""
    blueprint.add_url_rule("/set-up", view_func=set_up, methods=["GET", "POST"])


def set_up() -> ResponseReturnValue:
    """The code, a name and a password; whoever has all of them is signed in."""
    rt, now = sessions.runtime(), datetime.now(UTC)
    if not first.is_needed(rt.db):
        return redirect(url_for("admin.login"))
    form, refused = SetupForm(), None
    if form.is_sent_and_valid():
        name = (form.name.data or "").strip()
        try:
            first.make(rt.db, rt.settings, form.code.data or "", name, form.new.data or "", now)
        except ImpossibleAccountError as error:
            refused = str(error)
        else:
            sessions.begin(name, sign_in.open_session(rt.db, name, now))
            audit.record(rt.db, rt.settings, by=name, action="set_up", subject={}, now=now)
            return redirect(url_for("admin.home"))
    page = render_template("admin/set_up.html", form=form, refused=refused)
    return page, 422 if refused or form.errors else 200
