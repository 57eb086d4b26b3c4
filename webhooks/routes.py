"""Meta's callbacks as Flask serves them, under whatever worker class gunicorn runs.

The body's way is the same as in `webhooks/asgi.py`, which needs no thread for it.
"""

import hmac

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from runtime import Runtime
from webhooks.door import (
    CUT_OFF,
    MAX_BYTES,
    NOT_KEPT,
    PATH,
    TAKEN,
    TOO_LARGE,
    Answer,
    Door,
    RefusedError,
    counted,
)
from webhooks.journal import Journal, NotJournaledError
from webhooks.waker import Waker

blueprint = Blueprint("webhooks", __name__)


def open_door(rt: Runtime) -> Door:
    """The way in for one process's webhooks."""
    return Door(rt.settings.app_secrets(), Journal(rt.db, after=Waker(rt.redis)))


@blueprint.get(PATH)
def handshake() -> Response:
    """Meta asks whether this address is ours: the challenge back, if the token is ours."""
    rt: Runtime = current_app.extensions["drumbeat"]
    expected = rt.settings.whatsapp_verify_token.get_secret_value()
    given = request.args.get("hub.verify_token", "")
    same = hmac.compare_digest(given.encode(), expected.encode())
    challenge = request.args.get("hub.challenge")
    if request.args.get("hub.mode") != "subscribe" or not same or challenge is None:
        return _as_text(Answer(403, "the verify token is not the one that was set here"))
    return _as_text(Answer(200, challenge))


@blueprint.post(PATH)
def receive() -> Response:
    """200 once everything in the body is journaled; see docs/webhook.md for the other answers."""
    door: Door = current_app.extensions["drumbeat.door"]
    try:
        door.take(_body(), request.headers.get("X-Hub-Signature-256")).wait()
    except RefusedError as refused:
        return _as_text(counted(refused.answer))
    except NotJournaledError:
        return _as_text(counted(NOT_KEPT))
    return _as_text(counted(TAKEN))


def _body() -> bytes:
    """The raw bytes. A body that says that it is too large is not read; one in chunks, which does
    not say, is read to just over the limit. Raises RefusedError."""
    if (request.content_length or 0) > MAX_BYTES:
        raise RefusedError(TOO_LARGE)
    request.max_content_length = MAX_BYTES + 1
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise RefusedError(TOO_LARGE) from None
    except ClientDisconnected:
        raise RefusedError(CUT_OFF) from None


def _as_text(answer: Answer) -> Response:
    return Response(answer.text, answer.status, mimetype="text/plain")
