"""Meta's callbacks: verify, journal, wake, answer.

Anything but a 200 makes Meta send the body again, for days. So a body that Meta signed is kept
even where we cannot read it, and 200 means that everything in it is on the disk.
"""

import hmac
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from config import logs, metrics
from runtime import Runtime
from webhooks.journal import Journal, NotJournaledError
from webhooks.rows import of_body
from webhooks.waker import Waker
from whatsapp.signature import is_signed

MAX_BYTES = 3 * 1024 * 1024  # Meta's own limit

blueprint = Blueprint("webhooks", __name__)
log = logs.get(__name__)


def open_journal(rt: Runtime) -> Journal:
    """The journal for one process's webhooks."""
    return Journal(rt.db, after=Waker(rt.redis))


@blueprint.get("/webhooks/whatsapp")
def handshake() -> Response:
    """Meta asks whether this address is ours: the challenge back, if the token is ours."""
    rt: Runtime = current_app.extensions["drumbeat"]
    expected = rt.settings.whatsapp_verify_token.get_secret_value()
    given = request.args.get("hub.verify_token", "")
    same = hmac.compare_digest(given.encode(), expected.encode())
    challenge = request.args.get("hub.challenge")
    if request.args.get("hub.mode") != "subscribe" or not same or challenge is None:
        return _answer(403, "the verify token is not the one that was set here")
    return _answer(200, challenge)


@blueprint.post("/webhooks/whatsapp")
def receive() -> Response:
    """200 once everything in the body is journaled; see docs/webhook.md for the other answers."""
    rt: Runtime = current_app.extensions["drumbeat"]
    started = datetime.now(UTC)
    try:
        raw = _body()
    except RequestEntityTooLarge:
        return _counted(413, "a body of more than 3 MiB")
    except ClientDisconnected:
        return _counted(400, "the body was cut off")
    header = request.headers.get("X-Hub-Signature-256")
    if not is_signed(raw, header, rt.settings.app_secrets()):
        return _counted(401, "the signature is missing or wrong")
    rows = of_body(raw, started)
    journal: Journal = current_app.extensions["drumbeat.journal"]
    try:
        journal.keep(rows)
    except NotJournaledError:
        return _counted(503, "could not be kept; send it again")
    return _counted(200, "")


def _body() -> bytes:
    """The raw bytes. A body that says that it is too large is not read; one in chunks, which does
    not say, is read to just over the limit."""
    if (request.content_length or 0) > MAX_BYTES:
        raise RequestEntityTooLarge
    request.max_content_length = MAX_BYTES + 1
    raw = request.get_data(cache=False)
    if len(raw) > MAX_BYTES:
        raise RequestEntityTooLarge
    return raw


def _counted(status: int, text: str) -> Response:
    metrics.WEBHOOKS.labels(status=str(status)).inc()
    return _answer(status, text)


def _answer(status: int, text: str) -> Response:
    return Response(text, status, mimetype="text/plain")
