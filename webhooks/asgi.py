"""Meta's callbacks on an event loop: no thread is held while a body comes or its rows are written.

So neither a client that sends a byte a second nor a slow store keeps others waiting.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from webhooks.door import (
    CUT_OFF,
    MAX_BYTES,
    NOT_KEPT,
    TAKEN,
    TOO_LARGE,
    TOO_SLOW,
    Answer,
    Door,
    RefusedError,
    counted,
)
from webhooks.journal import Group

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Reading one of these takes milliseconds, for which the loop would stand still.
_LARGE_BYTES = 128 * 1024
# Closing on a client that is still sending would lose it the answer: hear it out for so long.
_HEAR_OUT_S = 2.0


class Webhook:
    """An ASGI application of one route, for one event loop."""

    def __init__(self, door: Door, body_s: float) -> None:
        """body_s: how long a body may take from its first byte to its last."""
        self._door = door
        self._body_s = body_s
        self._waiting = _Waiting()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """200 once everything in the body is journaled."""
        length, signature = _headers(scope)
        try:
            async with asyncio.timeout(self._body_s):
                raw = await _body(length, receive)
            kept = await self._waiting.until_done(await self._take(raw, signature))
        except RefusedError as refused:
            answer = refused.answer
        except TimeoutError:
            answer = TOO_SLOW
        else:
            answer = TAKEN if kept else NOT_KEPT
        await _send(counted(answer), send)
        if answer is TOO_LARGE:
            await _hear_out(receive)

    async def _take(self, raw: bytes, signature: str | None) -> Group:
        if len(raw) < _LARGE_BYTES:
            return self._door.take(raw, signature)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, self._door.take, raw, signature)


class _Waiting:
    """Who waits for which group: one event and one deadline for all requests of a group."""

    def __init__(self) -> None:
        self._events: dict[Group, tuple[asyncio.Event, asyncio.TimerHandle]] = {}

    async def until_done(self, group: Group) -> bool:
        """Whether the group was kept, as far as is known when waiting for it must end."""
        if group.kept is None:
            await self._event_of(group).wait()
        return group.kept is True

    def _event_of(self, group: Group) -> asyncio.Event:
        if group in self._events:
            return self._events[group][0]
        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        patience_s = max(0.0, group.until - time.monotonic())
        self._events[group] = (event, loop.call_later(patience_s, self._end, group))
        group.when_done(partial(loop.call_soon_threadsafe, self._end, group))
        return event

    def _end(self, group: Group) -> None:
        if group in self._events:
            event, deadline = self._events.pop(group)
            deadline.cancel()
            event.set()


def _headers(scope: Message) -> tuple[int, str | None]:
    """What the body's length is said to be, and the signature; several are no signature."""
    length = 0
    signatures: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            length = int(value)
        elif name == b"x-hub-signature-256":
            signatures.append(value)
    return length, b",".join(signatures).decode("latin-1") or None


async def _body(length: int, receive: Receive) -> bytes:
    """The raw bytes, read to just over the limit at most; not at all where `length`, which the
    client tells, is over it. Raises RefusedError."""
    if length > MAX_BYTES:
        raise RefusedError(TOO_LARGE)
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise RefusedError(CUT_OFF)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BYTES:
            raise RefusedError(TOO_LARGE)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _send(answer: Answer, send: Send) -> None:
    body = answer.text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _hear_out(receive: Receive) -> None:
    """Read what still comes and forget it, for a while."""
    try:
        async with asyncio.timeout(_HEAR_OUT_S):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        return
