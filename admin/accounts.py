"""Who may come in, who came in, and what was changed by whom: pages for admins."""

from collections.abc import Callable
from datetime import UTC, datetime

from bson import ObjectId
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts import audit, people, tokens
from accounts.people import ImpossibleAccountError
from accounts.roles import IN_WORDS
from accounts.scopes import Scope
from accounts.tokens import ImpossibleTokenError
from admin import sessions
from admin.forms import StepForm
from store import api_tokens, mongo, users
from store import audit as trail
from store.documents.user import Role

_PAGE = 50


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    add = blueprint.add_url_rule
    add("/accounts", view_func=account_list)
    add("/accounts/invite", view_func=invite, methods=["POST"])
    add("/accounts/<name>/role", view_func=set_role, methods=["POST"])
    add("/accounts/<name>/reset", view_func=reset_account, methods=["POST"])
    add(
        "/accounts/<name>/<any(shut, reopen, 'end-sessions'):account_step>",
        view_func=take_account_step,
        methods=["POST"],
    )
    add("/systems", view_func=systems)
    add("/systems/add", view_func=add_system, methods=["POST"])
    add("/systems/<name>/revoke", view_func=revoke_system, methods=["POST"])
    add("/changes", view_func=changes)


def account_list() -> ResponseReturnValue:
    """Everybody with an account, and the form for one more."""
    return _accounts()


def _accounts(shown: str | None = None, whose: str | None = None) -> str:
    """shown: a one-time password, on this page and nowhere else."""
    return render_template(
        "admin/accounts.html",
        users=users.every(sessions.runtime().db),
        roles=IN_WORDS,
        shown=shown,
        whose=whose,
        now=datetime.now(UTC),
        form=StepForm(),
    )


def invite() -> ResponseReturnValue:
    """Make an account; its one-time password is shown once."""
    name = request.form.get("name", "").strip()
    return _shown(name, lambda: people.invite(_db(), name, _role(), datetime.now(UTC)))


def reset_account(name: str) -> ResponseReturnValue:
    """Another one-time password; what let them in before ends."""
    return _shown(name, lambda: people.reset(_db(), name, datetime.now(UTC)))


def _shown(name: str, make: Callable[[], str]) -> ResponseReturnValue:
    try:
        password = make()
    except ImpossibleAccountError as error:
        flash(str(error), "warning")
        return redirect(url_for("admin.account_list"))
    audit.note(account=name)
    return _accounts(password, name)


def set_role(name: str) -> ResponseReturnValue:
    """Give somebody another role."""
    role = _role()
    audit.note(role=role.value)
    return _tried(lambda: people.set_role(_db(), name, role), f"{name} is {role.value} now.")


def take_account_step(name: str, account_step: str) -> ResponseReturnValue:
    """Shut an account, open it again, or sign somebody out everywhere."""
    steps: dict[str, tuple[Callable[[], None], str]] = {
        "shut": (lambda: people.shut(_db(), name, datetime.now(UTC)), f"{name} is shut out."),
        "reopen": (lambda: people.reopen(_db(), name), f"{name} may come in again."),
        "end-sessions": (
            lambda: people.end_sessions(_db(), name),
            f"{name} is signed out everywhere.",
        ),
    }
    return _tried(*steps[account_step])


def _tried(act: Callable[[], None], done: str) -> ResponseReturnValue:
    try:
        act()
        flash(done, "success")
    except ImpossibleAccountError as error:
        flash(str(error), "warning")
    return redirect(url_for("admin.account_list"))


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        abort(400)


def systems() -> ResponseReturnValue:
    """Tokens of other systems, and the form for one more."""
    return _systems()


def _systems(shown: str | None = None) -> str:
    return render_template(
        "admin/systems.html",
        tokens=api_tokens.every(_db()),
        scopes=list(Scope),
        shown=shown,
        form=StepForm(),
    )


def add_system() -> ResponseReturnValue:
    """Make a token, which is shown on this answer and never again."""
    name = request.form.get("name", "").strip()
    wanted = [scope for scope in Scope if scope.value in request.form.getlist("scope")]
    by = sessions.signed_in().name
    try:
        token = tokens.make(_db(), name, wanted, by, datetime.now(UTC))
    except ImpossibleTokenError as error:
        flash(str(error), "warning")
        return redirect(url_for("admin.systems"))
    audit.note(token=name, scopes=[scope.value for scope in wanted])
    return _systems(token)


def revoke_system(name: str) -> ResponseReturnValue:
    """End a token."""
    try:
        tokens.revoke(_db(), name, datetime.now(UTC))
        flash(f"The token of {name} opens nothing any more.", "success")
    except ImpossibleTokenError as error:
        flash(str(error), "warning")
    return redirect(url_for("admin.systems"))


def changes() -> ResponseReturnValue:
    """Who changed what, newest first, a page at a time."""
    before, by = request.args.get("before", ""), request.args.get("by", "").strip()
    cursor = ObjectId(before) if ObjectId.is_valid(before) else None
    rows = trail.page(_db(), _PAGE + 1, cursor, by or None)
    onward = str(rows[_PAGE - 1]["_id"]) if len(rows) > _PAGE else None
    return render_template("admin/changes.html", rows=rows[:_PAGE], onward=onward, by=by)


def _db() -> mongo.Db:
    return sessions.runtime().db
