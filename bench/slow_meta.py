"""Meta as a sender meets it: takes every message, answers after a while, and costs little itself.

python -m bench.slow_meta PORT [LATENCY_S]

Where `PUT /webhook` told it a port, a secret and how many fit in a body, it reports each message
as sent, delivered and read, at once.
"""

import asyncio
import itertools
import json
import sys
from typing import Any

import requests

from bench import load
from simulator.templates import samples

CONNECTIONS = 32
_GATHER_S = 0.05
_AGAIN_S = 0.2
_numbers = itertools.count()


class Reports:
    """Statuses on their way to a webhook. per_body: how many go in one POST, at most."""

    def __init__(self, port: int, secret: str, per_body: int) -> None:
        self._port, self._secret, self._per_body = port, secret, per_body
        self._waiting: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._open: dict[Any, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        # Kept, since the loop itself holds on to no task.
        self._posting = [asyncio.create_task(self._post()) for _ in range(CONNECTIONS)]

    def of(self, wamid: str, sent: dict[str, Any]) -> None:
        """A message was taken: it will have been sent, delivered and read."""
        for status in ("sent", "delivered", "read"):
            report = load.status(
                "", status, sent["to"].lstrip("+"), sent["biz_opaque_callback_data"]
            )
            self._waiting.put_nowait({**report, "id": wamid})

    async def _post(self) -> None:
        """Post for ever. As Meta does, what was not taken is posted again."""
        while True:
            request = load.post(load.body({"statuses": await self._gathered()}), self._secret)
            while not await self._taken(request):
                await asyncio.sleep(_AGAIN_S)

    async def _gathered(self) -> list[dict[str, object]]:
        statuses = [await self._waiting.get()]
        deadline = asyncio.get_running_loop().time() + _GATHER_S
        while len(statuses) < self._per_body:
            left = deadline - asyncio.get_running_loop().time()
            try:
                statuses.append(await asyncio.wait_for(self._waiting.get(), max(0.0, left)))
            except TimeoutError:
                break
        return statuses

    async def _taken(self, request: bytes) -> bool:
        task = asyncio.current_task()
        try:
            if task not in self._open:
                self._open[task] = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._open[task]
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
        except (OSError, asyncio.IncompleteReadError):
            self._open.pop(task, None)
            return False
        return head.startswith(b"http/1.1 200")


class _Connection(asyncio.Protocol):
    """Reads requests one after the other, as a kept-alive connection brings them."""

    reports: Reports | None = None

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if len(rest) < length:
            return
        self._received = rest[length:]
        if head.startswith(b"GET"):
            self._answer(json.dumps({"data": samples(), "paging": {}}).encode())
        elif head.startswith(b"PUT"):
            _Connection.reports = Reports(**json.loads(rest[:length]))
            self._answer(b"{}")
        else:
            asyncio.get_running_loop().call_later(self._latency_s, self._taken, rest[:length])

    def _taken(self, body: bytes) -> None:
        wamid = f"wamid.bench{next(_numbers)}"
        self._answer(
            b'{"messaging_product":"whatsapp","contacts":[{"input":"+1","wa_id":"1"}],'
            b'"messages":[{"id":"%s"}]}' % wamid.encode()
        )
        if self.reports is not None:
            self.reports.of(wamid, json.loads(body))

    def _answer(self, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )


async def _serve(port: int, latency_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(latency_s), "127.0.0.1", port, backlog=1024
    )
    async with server:
        await server.serve_forever()


def report_to(port: int, webhook_port: int, secret: str, per_body: int) -> None:
    """Have the stand-in that listens on `port` report to a webhook from now on."""
    told = {"port": webhook_port, "secret": secret, "per_body": per_body}
    requests.put(f"http://127.0.0.1:{port}/webhook", json=told, timeout=5).raise_for_status()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.1))
