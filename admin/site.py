"""The admin pages as one blueprint: whoever registers it gets sessions, CSRF and headers with it.

The app must hold its Runtime in `app.extensions["drumbeat"]` by then.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import Blueprint, Flask, Response
from flask.blueprints import BlueprintSetupState
from flask_bootstrap import Bootstrap5

from admin import (
    access,
    accounts,
    campaign_forms,
    dead_letters,
    doubts,
    drips,
    imports,
    inbox,
    operations,
    pages,
    people,
    plain,
    plain_rules,
    plain_silence,
    plain_talk,
    plain_texts,
    reports,
    roles,
    rules,
    security,
    segment_forms,
    segments,
    sessions,
    setup,
    subscriptions,
    trail,
    undisturbed,
)
from runtime import Runtime

blueprint = Blueprint(
    "admin",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/assets",
)

blueprint.before_request(trail.begin)
access.add_routes(blueprint)
accounts.add_routes(blueprint)
setup.add_routes(blueprint)
operations.add_routes(blueprint)
subscriptions.add_routes(blueprint)
pages.add_routes(blueprint)
reports.add_routes(blueprint)
campaign_forms.add_routes(blueprint)
doubts.add_routes(blueprint)
drips.add_routes(blueprint)
dead_letters.add_routes(blueprint)
imports.add_routes(blueprint)
people.add_routes(blueprint)
inbox.add_routes(blueprint)
undisturbed.add_routes(blueprint)
segments.add_routes(blueprint)
segment_forms.add_routes(blueprint)
rules.add_routes(blueprint)


@blueprint.after_request
def _keep_no_copy(response: Response) -> Response:
    return security.unless_cacheable(response)


@blueprint.after_request
def _write_down(response: Response) -> Response:
    return trail.tell(response)


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # an app without a Runtime has no pages
    rt: Runtime = app.extensions["drumbeat"]
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    # Bootstrap-Flask builds its address on this, which is None where an app has no files itself.
    app.static_url_path = app.static_url_path or "/static"
    Bootstrap5(app)  # type: ignore[no-untyped-call]  # Bootstrap-Flask ships no types
    sessions.install(app, secure=rt.settings.session_cookie_secure)
    app.after_request(security.add_headers)
    zone = rt.settings.timezone
    app.add_template_filter(lambda at: when(at, zone), "when")
    app.add_template_filter(plain.words, "words")
    app.add_template_filter(plain.said, "said")
    app.add_template_filter(plain_texts.as_on_a_phone, "as_on_a_phone")
    app.add_template_filter(plain_rules.condition, "condition")
    app.add_template_filter(plain_rules.group, "group")
    app.add_template_filter(plain.lasting, "lasting")
    app.add_template_filter(plain_talk.said, "their_words")
    app.add_template_filter(plain_talk.why, "decided_why")
    app.add_template_filter(plain_talk.origin, "origin")
    app.add_template_filter(plain_talk.fate, "fate")
    app.add_template_filter(plain_talk.title, "called")
    app.add_template_filter(plain_silence.source, "held_by")
    app.jinja_env.globals["workspace_zone"] = zone.key
    app.jinja_env.globals["may_edit"] = campaign_forms.may_edit
    app.jinja_env.globals["may_open"] = roles.may_open


def when(at: datetime | str | None, zone: ZoneInfo) -> str:
    """A moment on the workspace's clock, such as `24 Nov 2026, 12:00`. Pure.

    at: aware, or as ISO 8601; nothing gives an empty text.
    """
    if not at:
        return ""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return format_datetime(moment, "d MMM y, HH:mm", tzinfo=zone, locale="en")
