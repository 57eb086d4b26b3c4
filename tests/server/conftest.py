"""gunicorn as the Procfile starts it, and clients that write their own bytes."""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from demo import servers
from demo.stack import Stack
from tests.conftest import PHONE_NUMBER_ID, WABA_ID
from tests.webhooks.conftest import SECRET
from whatsapp.signature import sign

PATH = "/webhooks/whatsapp"
API_TOKEN = "test-api-token-0123456789"


@contextmanager
def serving(
    mongod: servers.Server, redis_server: servers.Server, folder: Path, **env: str
) -> Iterator[Stack]:
    """A web server of two processes on the session's stores, until the end of the block."""
    settings = {
        "MONGODB_URI": mongod.url.replace("/?", "/tests?"),
        "REDIS_URL": redis_server.url,
        "WHATSAPP_ACCESS_TOKEN": "x",
        "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": WABA_ID,
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": "x",
        "API_TOKEN": API_TOKEN,
        "SECRET_KEY": "test-secret-key-0123456789",
        **env,
    }
    stack = Stack(folder, settings, web_port=servers.free_port(), simulator_port=0)
    try:
        stack.start("web")
        stack.wait_for(f"{stack.url}/healthz", "web")
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def web(
    mongod: servers.Server, redis_server: servers.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """One web server for a module's tests, none of which may harm it."""
    with serving(mongod, redis_server, tmp_path_factory.mktemp("web")) as stack:
        yield stack


@pytest.fixture
def own_web(
    mongod: servers.Server, redis_server: servers.Server, tmp_path: Path
) -> Iterator[Stack]:
    """A web server of this test alone, which may end it."""
    with serving(mongod, redis_server, tmp_path) as stack:
        yield stack


def connect(stack: Stack, timeout: float = 15.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", stack.web_port), timeout=timeout)


def request(
    body: bytes,
    *,
    headers: Iterable[tuple[str, str]] | None = None,
    path: str = PATH,
    method: str = "POST",
    length: bool = True,
) -> bytes:
    """The bytes of one request, signed unless `headers` are given."""
    lines = [("Host", "drumbeat.example")]
    lines += [("X-Hub-Signature-256", sign(body, SECRET))] if headers is None else list(headers)
    if "Content-Type" not in dict(lines):  # given twice it would be refused
        lines.append(("Content-Type", "application/json"))
    if length:
        lines.append(("Content-Length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def chunked(body: bytes, *sizes: int, signed: bytes | None = None) -> bytes:
    """One request whose body comes in chunks of `sizes`, over and over."""
    head = [
        ("X-Hub-Signature-256", sign(body if signed is None else signed, SECRET)),
        ("Transfer-Encoding", "chunked"),
    ]
    parts = [request(b"", headers=head, length=False)]
    place, turn = 0, 0
    while place < len(body):
        piece = body[place : place + sizes[turn % len(sizes)]]
        parts.append(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        place, turn = place + len(piece), turn + 1
    return b"".join([*parts, b"0\r\n\r\n"])


def status_of(connection: socket.socket) -> int:
    """The status of the next answer; 0 where the connection ends without one."""
    received = b""
    while b"\r\n\r\n" not in received:
        try:
            piece = connection.recv(65_536)
        except ConnectionError:
            piece = b""
        if not piece:
            return 0
        received += piece
    return int(received.split(b" ", 2)[1])


def ask(stack: Stack, raw: bytes) -> int:
    """Send these bytes over a connection of their own; the status of the answer, 0 for none."""
    with connect(stack) as connection:
        with suppress(ConnectionError):  # it was answered before all was sent
            connection.sendall(raw)
        return status_of(connection)


def post(stack: Stack, body: Any) -> int:
    """A signed webhook; the status of the answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(stack, request(raw))


def processes(stack: Stack) -> set[int]:
    """The ids of the server's processes, the first among them."""
    first = psutil.Process(stack.processes["web"].pid)
    return {first.pid, *(each.pid for each in first.children())}
