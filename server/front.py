"""One ASGI application out of two: Meta's webhooks on the event loop, all else by Flask in threads.

A thread is taken only once a request's body is there, or the first mebibyte of it: clients that
send slowly cost memory for a few seconds, and hold nobody up.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from a2wsgi import WSGIMiddleware
from flask import Flask
from werkzeug.exceptions import ClientDisconnected, RequestTimeout

from webhooks.asgi import Message, Receive, Send, Webhook
from webhooks.door import PATH

_AHEAD_BYTES = 1024 * 1024


class Front:
    """For one event loop. Serves any Flask application; webhooks go the short way where it is
    Drumbeat's."""

    def __init__(self, app: Flask, *, threads: int, body_s: float) -> None:
        """threads: how many requests Flask answers at once. body_s: how long the first mebibyte of
        a body may take."""
        door = app.extensions.get("drumbeat.door")
        self._webhook = Webhook(door, body_s) if door else None
        self._flask = WSGIMiddleware(_as_chunks_end(app), workers=threads)
        self._body_s = body_s

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise NotImplementedError(f"{scope['type']} is not served here")
        if self._webhook and scope["path"] == PATH and scope["method"] == "POST":
            await self._webhook(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._body_s):
                ahead = await _read_ahead(receive)
        except TimeoutError:
            await _refuse_slow(send)
            return
        await self._flask(scope, _replay(ahead, receive), send)  # type: ignore[arg-type]  # its own names for the same shapes


def _as_chunks_end(app: Flask) -> Callable[..., Any]:
    """Tell Flask that a body without a length ends where it ends, as gunicorn's own workers do."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.input_terminated"] = True
        return app(environ, start_response)

    return wrapped


async def _read_ahead(receive: Receive) -> list[Message]:
    messages: list[Message] = []
    size = 0
    while size < _AHEAD_BYTES:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return messages


def _replay(ahead: list[Message], receive: Receive) -> Receive:
    """What was read, and then what is still to come. A body that breaks off is an error: taken for
    whole, half an import would be done."""
    messages = iter(ahead)

    async def next_message() -> Message:
        message = next(messages, None) or await receive()
        if message["type"] != "http.request":
            raise ClientDisconnected
        return message

    return next_message


async def _refuse_slow(send: Send) -> None:
    body = RequestTimeout.description.encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 408, "headers": headers})
    await send({"type": "http.response.body", "body": body})
