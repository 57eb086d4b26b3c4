"""Meta as a sender meets it: takes every message, answers after a while, and costs little itself.

python -m bench.slow_meta PORT [LATENCY_S]
"""

import asyncio
import itertools
import json
import sys

from simulator.templates import samples

_numbers = itertools.count()


class _Connection(asyncio.Protocol):
    """Reads requests one after the other, as a kept-alive connection brings them."""

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
            return
        body = (
            b'{"messaging_product":"whatsapp","contacts":[{"input":"+1","wa_id":"1"}],'
            b'"messages":[{"id":"wamid.bench%d"}]}' % next(_numbers)
        )
        asyncio.get_running_loop().call_later(self._latency_s, self._answer, body)

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


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.1))
