"""Signing in and out, choosing a password, and the guard before every other page."""

from datetime import UTC, datetime

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from accounts import first, passwords
from admin import roles, security, sessions, sign_in
from admin.forms import LoginForm, PasswordForm
from admin.sessions import Admin
from config import logs
from store import users
from store.limits import Limiter

log = logs.get(__name__)

_BEFORE_CHOOSING = frozenset({"admin.password", "admin.logout"})
_TRIES_A_MINUTE = 30  # from one address; behind a proxy all may come from one
_REFUSED = "Name and password do not fit, or there were too many tries. Wait a moment, try again."


def add_routes(blueprint: Blueprint) -> None:
    """Guard every page of the blueprint, and add the ways in and out."""
    blueprint.before_request(_guard)
    blueprint.register_error_handler(CSRFError, _expired)
    blueprint.add_url_rule("/login", view_func=login, methods=["GET", "POST"])
    blueprint.add_url_rule("/logout", view_func=logout, methods=["POST"])
    blueprint.add_url_rule("/password", view_func=password, methods=["GET", "POST"])


def _guard() -> ResponseReturnValue | None:
    """Closed unless opened: a page that somebody adds is behind the login, and for admins alone,
    without a word."""
    if request.endpoint not in roles.OPEN:
        admin = sessions.current()
        if admin is None:
            here = request.full_path.rstrip("?") if request.method == "GET" else "/"
            return redirect(url_for("admin.login", next=here if here != "/" else None))
        if admin.must_choose and request.endpoint not in _BEFORE_CHOOSING:
            return redirect(url_for("admin.password"))
        if not roles.may_open(admin.role, request.endpoint):
            needs = roles.needed(request.endpoint)
            return render_template("admin/not_yours.html", needs=needs), 403
    sessions.require_csrf()
    return None


def _expired(_error: Exception) -> ResponseReturnValue:
    return render_template("admin/expired.html"), 400


def login() -> ResponseReturnValue:
    """Name and password. Whoever is signed in already goes on."""
    onward = security.safe_next(request.args.get("next")) or url_for("admin.home")
    if sessions.current():
        return redirect(onward)
    if first.is_needed(sessions.runtime().db):
        return redirect(url_for("admin.set_up"))
    form = LoginForm()
    if not form.is_sent_and_valid():
        return render_template("admin/login.html", form=form)
    name = (form.name.data or "").strip()
    db, now, known = sessions.runtime().db, datetime.now(UTC), sessions.knows(name)
    secret = None
    if known or not _too_many(now):
        secret = sign_in.enter(db, name, form.password.data or "", now, known=known)
    if secret is None:
        log.warning("sign-in refused")  # what was typed as a name may be a password
        return render_template("admin/login.html", form=form, refused=_REFUSED), 401
    sessions.begin(name, secret)
    log.info("signed in", user=name)
    response = make_response(redirect(onward))
    sessions.remember(response, name)
    return response


def _too_many(now: datetime) -> bool:
    """Whether this address tried too often within the minute, whatever the names."""
    rt = sessions.runtime()
    limiter: Limiter = current_app.extensions.setdefault(
        "drumbeat.sign_ins", Limiter(rt.redis, _TRIES_A_MINUTE)
    )
    return limiter.count(f"sign-in:{request.remote_addr}", now.timestamp()).exceeded


def logout() -> ResponseReturnValue:
    """End this session, here and in the store."""
    sessions.end(sessions.signed_in())
    return redirect(url_for("admin.login"))


def password() -> ResponseReturnValue:
    """Choose an own password; every other session of the same person ends."""
    form, db, now = PasswordForm(), sessions.runtime().db, datetime.now(UTC)
    admin = sessions.signed_in()
    if form.is_sent_and_valid() and _may_choose(form, admin, now):
        fields: dict[str, object] = {"one_time_hash": None, "sessions": []}
        fields["password_hash"] = passwords.hashed(form.new.data or "")
        users.change(db, admin.name, fields)
        sessions.begin(admin.name, sign_in.open_session(db, admin.name, now))
        flash("Your password is set.", "success")
        return redirect(url_for("admin.home"))
    page = render_template("admin/password.html", form=form, must_choose=admin.must_choose)
    return page, 422 if form.errors else 200


def _may_choose(form: PasswordForm, admin: Admin, now: datetime) -> bool:
    """Whether the new password is good and the current one right; the form says what is not."""
    if wrong := passwords.problem(form.new.data or "", admin.name):
        form.new.errors = [wrong]
        return False
    db = sessions.runtime().db
    user = users.find(db, admin.name)
    given = form.current.data or ""
    if user and (admin.must_choose or sign_in.check(db, user, given, now)):
        return True
    form.current.errors = ["That is not your current password."]
    return False
