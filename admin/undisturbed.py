"""Whom not to disturb: look through them, find one by number, hold back by hand, and lift."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts import audit
from admin import sessions
from admin.forms import FindForm, HoldBackForm, LetThroughForm
from config import clock
from contacts import fields, undisturbed_file
from contacts import undisturbed as silence
from contacts.identity import Identity
from contacts.undisturbed import Wish
from store import suppressions
from store.documents.suppression import Scope, Suppression

_LISTED = 50


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    here = "/do-not-disturb"
    blueprint.add_url_rule(here, view_func=undisturbed)
    blueprint.add_url_rule(f"{here}/find", view_func=find_undisturbed, methods=["POST"])
    blueprint.add_url_rule(f"{here}/add", view_func=hold_back, methods=["POST"])
    blueprint.add_url_rule(f"{here}/export", view_func=export_undisturbed)
    blueprint.add_url_rule(f"{here}/lift", view_func=let_through, methods=["POST"])


def undisturbed() -> ResponseReturnValue:
    """Everybody whom anything was ever held back from, the latest first."""
    return _page(HoldBackForm(), FindForm())


def _page(
    add: HoldBackForm, find: FindForm, found: list[Suppression] | None = None
) -> ResponseReturnValue:
    db, now, rows, onward = sessions.runtime().db, clock.now(), found, None
    if rows is None:
        rows = suppressions.newest(db, _cursor(request.args.get("before", "")), _LISTED + 1)
        onward = _cursor_of(rows[_LISTED - 1]) if len(rows) > _LISTED else None
    context: dict[str, Any] = {"add": add, "find": find, "lift": LetThroughForm()}
    context |= {"found": found is not None, "rows": silence.shown(db, rows[:_LISTED], now)}
    page = render_template("admin/undisturbed.html", onward=onward, **context)
    return page, 422 if add.errors or find.errors else 200


def _cursor(given: str) -> tuple[datetime, str] | None:
    """The place in the list that an address names; a broken one is the beginning."""
    moment, _, last = given.partition("-")
    try:
        return datetime.fromtimestamp(int(moment) / 1000, UTC), last
    except (ValueError, OverflowError, OSError):
        return None


def _cursor_of(last: Suppression) -> str:
    return f"{int(last['at'].timestamp() * 1000)}-{last['_id']}"


def find_undisturbed() -> ResponseReturnValue:
    """What stands, or stood, for one number; also for whom nothing else is known of any more."""
    find, add = FindForm(), HoldBackForm()
    if not find.is_sent_and_valid() or (identity := _identity(find.wanted)) is None:
        return _page(add, find)
    db = sessions.runtime().db
    everything = silence.whole(db, identity)
    names = suppressions.identities(everything.wa_id, everything.bsuid)
    return _page(add, find, list(suppressions.find(db, names).values()))


def hold_back() -> ResponseReturnValue:
    """Hold back marketing or everything; what is wrong stands at its field."""
    add, rt, now = HoldBackForm(), sessions.runtime(), clock.now()
    if not add.is_sent_and_valid() or (identity := _identity(add.phone)) is None:
        return _page(add, FindForm())
    try:
        until = silence.until_of(add.until.data or "", now, rt.settings.timezone)
    except ValueError as error:
        add.until.errors = [f"It {error}."]
        return _page(add, FindForm())
    wish = Wish(Scope(add.scope.data or ""), until, (add.reason.data or "").strip() or None)
    by = sessions.signed_in().name
    _note(identity)
    if silence.hold_back(rt.db, identity, wish, source="page", evidence=by, now=now):
        flash("It is held back from now on.", "success")
    else:
        flash("Nothing changed: as much, or more, is held back already.", "warning")
    return redirect(url_for("admin.undisturbed"))


def export_undisturbed() -> ResponseReturnValue:
    """What stands now, as a file that an import takes."""
    pieces = undisturbed_file.stream(sessions.runtime().db, clock.now())
    response = Response(pieces, mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename="do-not-disturb.csv")
    return response


def let_through() -> ResponseReturnValue:
    """Let messages through again, whoever held them back."""
    form, rt, now = LetThroughForm(), sessions.runtime(), clock.now()
    if not form.is_sent_and_valid():
        abort(404)
    row = suppressions.by_key(rt.db, form.key.data or "")
    identity = _identity(form.phone) if form.phone.data else row and silence.identity_of(row)
    if identity is None:
        abort(404)
    by, reason = sessions.signed_in().name, (form.reason.data or "").strip() or None
    _note(identity)
    if silence.let_through(rt.db, identity, source="page", reason=reason, evidence=by, now=now):
        flash("Messages go through again. What happened stays in the history.", "success")
    else:
        flash("Nothing was held back any more.", "warning")
    return redirect(url_for("admin.undisturbed"))


def _identity(field: Any) -> Identity | None:
    """Whom a field names; None where that is nobody, and the field says why."""
    try:
        return fields.identity(
            (field.data or "").strip(), sessions.runtime().settings.default_country
        )
    except ValueError as error:
        field.errors = [f"The phone number: {error}."]
        return None


def _note(identity: Identity) -> None:
    """Whom it was about, by the stand-in of the trail."""
    named = identity.wa_id or identity.bsuid or ""
    audit.note(person=audit.person(sessions.runtime().settings, named))
