"""Who is told what becomes of messages, what each was told, and telling it once more."""

from datetime import UTC, datetime

from bson import ObjectId
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin import sessions
from admin.forms import StepForm
from events import subscribers
from events.subscribers import EVENTS, ImpossibleSubscriptionError
from store import subscriptions
from store.documents.subscription import Subscription

_PAGE = 50


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    add = blueprint.add_url_rule
    add("/subscriptions", view_func=subscription_list)
    add("/subscriptions/add", view_func=subscribe, methods=["POST"])
    add("/subscriptions/<name>", view_func=subscription)
    add("/subscriptions/<name>/drop", view_func=drop_subscription, methods=["POST"])
    add("/subscriptions/<name>/resume", view_func=resume_subscription, methods=["POST"])
    add("/subscriptions/<name>/again/<telling>", view_func=tell_again, methods=["POST"])


def subscription_list() -> ResponseReturnValue:
    """Everybody who is told, and the form for one more."""
    return _listed()


def _listed(shown: str | None = None) -> str:
    return render_template(
        "admin/subscriptions.html",
        subscriptions=subscriptions.every(sessions.runtime().db),
        events=EVENTS,
        shown=shown,
        form=StepForm(),
    )


def subscribe() -> ResponseReturnValue:
    """Tell one more system; what its posts are signed with is shown once."""
    rt, by = sessions.runtime(), sessions.signed_in().name
    name, url = request.form.get("name", "").strip(), request.form.get("url", "").strip()
    try:
        row, new = subscribers.subscribe(
            rt, name, url, request.form.getlist("event"), by, datetime.now(UTC)
        )
    except ImpossibleSubscriptionError as error:
        flash(str(error), "warning")
        return redirect(url_for("admin.subscription_list"))
    return _listed(subscribers.secret(rt.settings, row) if new else None)


def subscription(name: str) -> ResponseReturnValue:
    """One of them, and its posts, newest first."""
    before = request.args.get("before", "")
    cursor = ObjectId(before) if ObjectId.is_valid(before) else None
    rows = subscriptions.tellings(sessions.runtime().db, name, _PAGE + 1, cursor)
    return render_template(
        "admin/subscription.html",
        one=_known(name),
        rows=rows[:_PAGE],
        onward=str(rows[_PAGE - 1]["_id"]) if len(rows) > _PAGE else None,
        form=StepForm(),
    )


def drop_subscription(name: str) -> ResponseReturnValue:
    """Tell it nothing more."""
    _known(name)
    subscribers.drop(sessions.runtime(), name)
    flash(f"{name} is told nothing more.", "success")
    return redirect(url_for("admin.subscription_list"))


def resume_subscription(name: str) -> ResponseReturnValue:
    """Let it go on where it was stopped."""
    _known(name)
    subscribers.resume(sessions.runtime(), name, datetime.now(UTC))
    flash(f"{name} is told again, from where it was stopped.", "success")
    return redirect(url_for("admin.subscription", name=name))


def tell_again(name: str, telling: str) -> ResponseReturnValue:
    """Tell it once more what one post told."""
    rt = sessions.runtime()
    _known(name)
    which = ObjectId(telling) if ObjectId.is_valid(telling) else None
    row = subscriptions.telling(rt.db, name, which) if which else None
    if row is None:
        abort(404)
    error = subscribers.tell_again(rt, row, datetime.now(UTC))
    flash(f"It was not taken: {error}." if error else "It was taken.", _tone(error))
    return redirect(url_for("admin.subscription", name=name))


def _tone(error: str | None) -> str:
    return "warning" if error else "success"


def _known(name: str) -> Subscription:
    try:
        return subscribers.known(sessions.runtime(), name)
    except ImpossibleSubscriptionError:
        abort(404)
