"""Build the web application: the runtime, the blueprints, the commands. Nobody imports this."""

import uuid

import structlog
from flask import Flask, Response, request

import admin
import api
import ops
import runtime
import webhooks
from admin import cli as admin_cli
from admin import tokens_cli
from campaigns import people_cli
from config import logs
from config import settings as config_settings
from config.settings import Settings
from contacts import suppressions_cli
from ops import cli as ops_cli
from ops import dead_letters_cli, replay_cli, segments_cli, trail
from reports import cli as reports_cli
from reports import recipients_cli, why_cli

_WEB_STORE_TIMEOUT_S = 1.7  # Meta gets its 503 within two seconds


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Ends the process with every fault of the settings where they have any."""
    settings = settings or config_settings.load_or_exit()
    logs.configure(settings.log_level)
    app = Flask("drumbeat", root_path=str(config_settings.ROOT), static_folder=None)
    app.config["SECRET_KEY"] = settings.secret_key.get_secret_value()
    rt = runtime.build(settings, db_timeout_s=_WEB_STORE_TIMEOUT_S)
    app.extensions["drumbeat"] = rt
    app.extensions["drumbeat.door"] = webhooks.open_door(rt)
    _name_requests(app)
    for blueprint in (
        webhooks.blueprint,
        webhooks.shops_blueprint,
        webhooks.links_blueprint,
        ops.blueprint,
        api.blueprint,
        admin.blueprint,
    ):
        app.register_blueprint(blueprint)
    for group in (
        replay_cli.group,
        reports_cli.group,
        recipients_cli.group,
        people_cli.group,
        why_cli.group,
        suppressions_cli.group,
        segments_cli.group,
        admin_cli.group,
        tokens_cli.group,
        ops_cli.db_group,
        ops_cli.templates_group,
        ops_cli.sender_group,
        dead_letters_cli.group,
    ):
        app.cli.add_command(group)
    app.cli.add_command(ops_cli.doctor)
    trail.keep(app)
    return app


def _name_requests(app: Flask) -> None:
    """Give each request an id that its log lines and its answer carry."""

    @app.before_request
    def _bind() -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            request_id=uuid.uuid4().hex[:12], method=request.method
        )

    @app.after_request
    def _tell(response: Response) -> Response:
        bound = structlog.contextvars.get_contextvars()
        response.headers["X-Request-ID"] = str(bound.get("request_id", ""))
        return response
