"""What was set aside: looked at, put back in line, or given up."""

import json
from datetime import UTC, datetime
from typing import Any

from babel.dates import format_timedelta
from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin import sessions
from admin.forms import StepForm
from events import dead_letters
from events.dead_letters import UnknownDeadLetterError, UselessRetryError
from store import dead_letters as kept
from store.documents.inbox import InboxItem, InboxKind

MOST = 200
_GONE = "It is not set aside any more: somebody was faster."


def add_routes(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint, whose guard stands before them."""
    blueprint.add_url_rule("/events/dead", view_func=dead)
    blueprint.add_url_rule("/events/dead/retry", view_func=retry_all_dead, methods=["POST"])
    blueprint.add_url_rule("/events/dead/<name>", view_func=dead_letter)
    blueprint.add_url_rule("/events/dead/<name>/retry", view_func=retry_dead, methods=["POST"])
    blueprint.add_url_rule("/events/dead/<name>/drop", view_func=drop_dead, methods=["POST"])


def dead() -> ResponseReturnValue:
    """The items set aside last, and why each could not be handled."""
    now = datetime.now(UTC)
    items = [_shown(item, now) for item in kept.latest(sessions.runtime().db, MOST)]
    return render_template("admin/dead.html", items=items, form=StepForm(), most=MOST)


def dead_letter(name: str) -> ResponseReturnValue:
    """One of them with what it says, for whoever has to find out what was wrong."""
    try:
        item = dead_letters.named(sessions.runtime().db, name)
    except UnknownDeadLetterError:
        abort(404)
    shown = _shown(item, datetime.now(UTC))
    content = _laid_out(dead_letters.text_of(item))
    return render_template("admin/dead_letter.html", item=shown, content=content, form=StepForm())


def retry_dead(name: str) -> ResponseReturnValue:
    """Put one back in line; what cannot be read says why not."""
    try:
        dead_letters.retry(sessions.runtime(), name, sessions.signed_in().name, datetime.now(UTC))
        flash("It is back in line, with three tries again.", "success")
    except UnknownDeadLetterError:
        flash(_GONE, "warning")
    except UselessRetryError as error:
        flash(str(error), "warning")
    return redirect(url_for("admin.dead"))


def drop_dead(name: str) -> ResponseReturnValue:
    """Give one up."""
    try:
        dead_letters.drop(sessions.runtime(), name, sessions.signed_in().name, datetime.now(UTC))
        flash("It is dropped.", "success")
    except UnknownDeadLetterError:
        flash(_GONE, "warning")
    return redirect(url_for("admin.dead"))


def retry_all_dead() -> ResponseReturnValue:
    """Put back all that can be read."""
    now = datetime.now(UTC)
    count = dead_letters.retry_all(sessions.runtime(), sessions.signed_in().name, now)
    flash(f"{count} {'is' if count == 1 else 'are'} back in line.", "success")
    return redirect(url_for("admin.dead"))


def _shown(item: InboxItem, now: datetime) -> dict[str, Any]:
    age = format_timedelta(item["received_at"] - now, add_direction=True, locale="en")
    return {
        **item,
        "name": dead_letters.name_of(item),
        "age": age,
        "readable": item["kind"] != InboxKind.UNREADABLE,
    }


def _laid_out(text: str) -> str:
    """JSON with a line for each value; anything else as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
