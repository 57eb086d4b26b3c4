"""Offer HTTP load to loopback: many kept-alive connections, as fast as answers come, or at a rate.

Requests are made beforehand, so that making them costs the measured time nothing.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from whatsapp.signature import sign


@dataclass(slots=True)
class Answers:
    """What came back. latencies_s: from when a request was due to its answer."""

    statuses: dict[int, int] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)
    took_s: float = 0.0

    def per_s(self) -> float:
        """Requests answered 200 a second."""
        return self.statuses.get(200, 0) / self.took_s


class _Connection(asyncio.Protocol):
    """One connection, one request on its way at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or self._answer is None or self._answer.done():
            return
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if len(body) >= length:
            self._received = b""
            self._answer.set_result(int(head.split(b" ", 2)[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # lost is lost
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(0)

    async def ask(self, request: bytes) -> int:
        """The status of the answer, 0 where the connection was lost."""
        self._answer = asyncio.get_running_loop().create_future()
        assert self.transport is not None
        self.transport.write(request)
        return await self._answer


def post(path: str, body: bytes, secret: str) -> bytes:
    """A whole signed request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: {sign(body, secret)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def message_body(wamid: str, sender: str, text: str = "price") -> bytes:
    """A webhook with one text, about 500 bytes, as Meta shapes it in 2026."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
        "contacts": [{"profile": {"name": "Asha Kulkarni"}, "wa_id": sender}],
        "messages": [
            {
                "from": sender,
                "id": wamid,
                "timestamp": str(int(time.time())),
                "type": "text",
                "text": {"body": text},
            }
        ],
    }
    change = {"field": "messages", "value": value}
    entry = {"id": "102290129340398", "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def closed_loop(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Answers:
    """As fast as answers come, over `connections`, until `seconds` or the requests are over."""
    return asyncio.run(_closed_loop(port, deque(requests), connections, seconds))


async def _closed_loop(
    port: int, waiting: deque[bytes], connections: int, seconds: float
) -> Answers:
    answers = Answers()
    started = time.perf_counter()

    async def client() -> None:
        connection = await _connect(port)
        while waiting and time.perf_counter() - started < seconds:
            asked = time.perf_counter()
            _count(answers, await connection.ask(waiting.popleft()), asked)

    await asyncio.gather(*(client() for _ in range(connections)))
    answers.took_s = time.perf_counter() - started
    return answers


def open_loop(port: int, requests: Sequence[bytes], per_s: float, connections: int) -> Answers:
    """One request every 1/per_s seconds, whether or not earlier ones were answered."""
    return asyncio.run(_open_loop(port, requests, per_s, connections))


async def _open_loop(
    port: int, requests: Sequence[bytes], per_s: float, connections: int
) -> Answers:
    answers = Answers()
    free: asyncio.Queue[_Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await _connect(port))
    started = time.perf_counter()

    async def one(number: int, request: bytes) -> None:
        due = started + number / per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        connection = await free.get()
        _count(answers, await connection.ask(request), due)
        free.put_nowait(connection)

    await asyncio.gather(*(one(number, request) for number, request in enumerate(requests)))
    answers.took_s = time.perf_counter() - started
    return answers


async def _connect(port: int) -> _Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
    return connection


def _count(answers: Answers, status: int, since: float) -> None:
    answers.statuses[status] = answers.statuses.get(status, 0) + 1
    answers.latencies_s.append(time.perf_counter() - since)
