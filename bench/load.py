"""Offer HTTP load to loopback: many kept-alive connections, as fast as answers come, or at a rate.

Requests are made beforehand, and go over plain sockets: some 20 microseconds of processor each, so
that it is the server that is measured.
"""

import json
import select
import socket
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from whatsapp.signature import sign

PATH = "/webhooks/whatsapp"
_SEND_BUFFER = 1024 * 1024  # a whole body fits, so that sending never waits
_LONGEST_WAIT_S = 20.0


@dataclass(slots=True)
class Answers:
    """What came back. latencies_s: from when a request was due to its answer."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    took_s: float = 0.0

    def per_s(self) -> float:
        """Requests answered 200 a second."""
        return self.statuses[200] / self.took_s

    def all_good(self) -> "Answers":
        """These. Ends the program where any was not answered with 200."""
        if set(self.statuses) != {200}:
            raise SystemExit(f"not every webhook was accepted: {dict(self.statuses)}")
        return self


class _Connection:
    """One connection, one request on its way at a time."""

    def __init__(self, port: int) -> None:
        self.socket = connect(port)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self.due = 0.0
        self._received = b""

    def ask(self, request: bytes, due: float) -> None:
        self.due = due
        self.socket.sendall(request)

    def answer(self) -> int | None:
        """The status once the answer is whole, else None. Raises ConnectionError."""
        piece = self.socket.recv(65_536)
        if not piece:
            raise ConnectionError
        self._received += piece
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            return None
        self._received = b""
        return int(head[9:12])


def connect(port: int) -> socket.socket:
    """A connection to loopback."""
    return socket.create_connection(("127.0.0.1", port), timeout=_LONGEST_WAIT_S)


def post(body: bytes, secret: str) -> bytes:
    """A whole signed request."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
        "User-Agent: facebookexternalua\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: {sign(body, secret)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def message_body(wamid: str, sender: str, text: str = "price") -> bytes:
    """A webhook with one text, about 500 bytes, as Meta shapes it in 2026."""
    contacts = [{"profile": {"name": "Asha Kulkarni"}, "wa_id": sender}]
    return body({"contacts": contacts, "messages": [message(wamid, sender, text)]})


def updates_body(first: int, count: int, tag: str) -> bytes:
    """A webhook with `count` updates, in Meta's proportion: three statuses for each message."""
    numbers = range(first, first + count)
    people = {n: f"9198{n % 100_000_000:08d}" for n in numbers}
    messages = [message(f"{tag}.{n}", people[n], "price") for n in numbers if n % 4 == 0]
    statuses = [
        status(f"{tag}.{n - n % 4}", ("sent", "delivered", "read")[n % 4 - 1], people[n])
        for n in numbers
        if n % 4
    ]
    names = [
        {"profile": {"name": "Asha Kulkarni"}, "wa_id": message["from"]} for message in messages
    ]
    value: dict[str, object] = {"contacts": names, "messages": messages} if messages else {}
    return body({**value, "statuses": statuses} if statuses else value)


def message(wamid: str, sender: str, text: str) -> dict[str, object]:
    """An item of `messages`."""
    return {
        "from": sender,
        "id": f"wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQz{wamid}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }


def status(
    wamid: str, status: str, recipient: str, callback_data: str | None = None
) -> dict[str, object]:
    """An item of `statuses`."""
    echoed = {"biz_opaque_callback_data": callback_data} if callback_data else {}
    return {
        "id": f"wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5{wamid}",
        "status": status,
        "timestamp": str(int(time.time())),
        "recipient_id": recipient,
        **echoed,
        "conversation": {"id": "9f86d081884c7d659a2feaa0c55ad015", "origin": {"type": "marketing"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing"},
    }


def body(value: dict[str, object]) -> bytes:
    """A webhook with one change, of messages."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": whole}]}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")
    ).encode()


def closed_loop(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Answers:
    """As fast as answers come, over `connections`, until `seconds` or the requests are over."""
    begun = time.perf_counter()

    def due_now() -> Iterator[float]:
        while (now := time.perf_counter()) < begun + seconds:
            yield now

    return _run(port, requests, due_now(), connections)


def open_loop(port: int, requests: Sequence[bytes], per_s: float, connections: int) -> Answers:
    """One request every 1/per_s seconds, whether or not earlier ones were answered."""
    begun = time.perf_counter()
    return _run(port, requests, (begun + n / per_s for n in range(len(requests))), connections)


def _run(port: int, requests: Sequence[bytes], dues: Iterator[float], most: int) -> Answers:
    answers = Answers()
    waiting = deque(requests)
    busy: dict[int, _Connection] = {}
    with ExitStack() as stack:
        free = [_Connection(port) for _ in range(most)]
        ready = stack.enter_context(select.epoll())
        for connection in free:
            stack.callback(connection.socket.close)
            ready.register(connection.socket, select.EPOLLIN)
        begun = time.perf_counter()
        due = next(dues, None) if waiting else None
        while due is not None or busy:
            while free and due is not None and due <= time.perf_counter():
                connection = free.pop()
                connection.ask(waiting.popleft(), due)
                busy[connection.socket.fileno()] = connection
                due = next(dues, None) if waiting else None
            patience_s = _LONGEST_WAIT_S
            if due is not None and free:
                patience_s = max(0.0, due - time.perf_counter())
            for fileno, _ in ready.poll(patience_s):
                connection = busy[fileno]
                status = connection.answer()
                if status is not None:
                    answers.statuses[status] += 1
                    answers.latencies_s.append(time.perf_counter() - connection.due)
                    free.append(busy.pop(fileno))
        answers.took_s = time.perf_counter() - begun
    return answers
