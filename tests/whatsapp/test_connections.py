"""What the network does to a call: kept connections, slow ones, and servers that lead elsewhere."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runtime import Runtime
from simulator import server as simulator
from tests.conftest import control
from tests.whatsapp.test_client import client, hello
from whatsapp import client as whatsapp_client
from whatsapp.client import Accepted, GraphError, Refused, Unanswered

YES = json.dumps({"messages": [{"id": "wamid.1"}]}).encode()
TOKEN = "secret-token"  # of `client`


class Server(ThreadingHTTPServer):
    """Keeps connections alive, counts them, and answers each request as `reply` says."""

    daemon_threads = True

    def __init__(self, reply: Callable[[str], tuple[int, bytes, dict[str, str]]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.idle_s: float | None = None
        self.seen: list[str] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.closed.release()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()
        self.request.settimeout(self.server.idle_s)

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(f"{self.command} {self.path}")
        status, body, headers = self.server.reply(self.path)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Says nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a server that answers with (status, body, headers), or as a function of the path."""
    started: list[Server] = []

    def start(
        status: int | Callable[[str], tuple[int, bytes, dict[str, str]]] = 200,
        body: bytes = YES,
        **headers: str,
    ) -> Server:
        server = Server(status if callable(status) else lambda _: (status, body, headers))
        started.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def test_a_thread_keeps_its_connection(serve: Callable[..., Server]) -> None:
    server = serve()
    one = client(server.url)

    assert all(isinstance(one.send(hello()), Accepted) for _ in range(5))
    assert server.connections == 1


def test_a_kept_connection_that_meta_closed_while_idle_costs_no_message(
    serve: Callable[..., Server],
) -> None:
    server = serve()
    server.idle_s = 0.2
    one = client(server.url)

    for expected in (1, 2, 3):
        assert isinstance(one.send(hello()), Accepted)
        assert server.closed.acquire(timeout=5)
        assert server.connections == expected
    assert len(server.seen) == 3


def test_each_thread_has_a_connection_of_its_own(serve: Callable[..., Server]) -> None:
    server = serve()
    one, outcomes = client(server.url), []
    threads = [
        threading.Thread(target=lambda: outcomes.append(one.send(hello()))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert [type(outcome) for outcome in outcomes] == [Accepted] * 4
    assert server.connections == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_message_goes_where_it_was_sent_and_nowhere_else(
    serve: Callable[..., Server], status: int
) -> None:
    elsewhere = serve()
    server = serve(status, b"", Location=elsewhere.url + "/v25.0/1/messages")

    outcome = client(server.url).send(hello())

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.http_status) == (None, status)
    assert (len(server.seen), elsewhere.seen) == (1, [])
    with pytest.raises(GraphError):
        list(client(server.url).templates())
    assert elsewhere.seen == []


def test_an_answer_that_takes_too_long_is_a_doubt(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatsapp_client, "READ_TIMEOUT_S", 0.1)
    answered = threading.Event()

    def slow(_path: str) -> tuple[int, bytes, dict[str, str]]:
        answered.wait(5)
        return 200, YES, {}

    server = serve(slow)
    started = time.monotonic()
    outcome = client(server.url).send(hello())
    answered.set()

    assert isinstance(outcome, Unanswered)
    assert time.monotonic() - started < 4
    assert len(server.seen) == 1


def test_an_answer_that_breaks_off_is_a_doubt(serve: Callable[..., Server]) -> None:
    server = serve(200, YES, **{"Content-Length": str(len(YES) + 100), "Connection": "close"})

    assert isinstance(client(server.url).send(hello()), Unanswered)


def test_a_name_that_is_not_known_was_sent_nothing() -> None:
    outcome = client("http://no-such-host.invalid").send(hello())

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.http_status) == (None, None)


def test_the_environments_proxy_and_netrc_are_not_asked(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert isinstance(client(serve().url).send(hello()), Accepted)


def test_a_token_that_meta_repeats_stands_in_no_outcome_and_no_error(
    serve: Callable[..., Server],
) -> None:
    error = {"code": 190, "message": "x", "error_data": {"details": f"Malformed token {TOKEN}"}}
    padded = {**error, "error_data": {"details": "." * 295 + TOKEN}}
    for one in (error, padded):
        server = serve(400, json.dumps({"error": one}).encode())
        outcome = client(server.url).send(hello())
        with pytest.raises(GraphError) as caught:
            client(server.url).phone_number()

        assert isinstance(outcome, Refused)
        assert outcome.code == caught.value.code == 190
        assert TOKEN[:5] not in repr(outcome) + repr(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (500, b"<html>", "answered 500 and no JSON"),
        (200, b"", "answered 200 and no JSON"),
        (200, b"[" * 100_000, "no JSON"),
        (200, b"[]", "not understood"),
        (400, b"[]", "HTTP 400"),
        (200, b'{"data": [], "paging": [1]}', "not understood"),
        (200, b'{"data": [], "paging": {"cursors": "x"}}', "not understood"),
    ],
)
def test_a_call_raises_one_kind_of_error_whatever_comes_back(
    serve: Callable[..., Server], status: int, body: bytes, says: str
) -> None:
    with pytest.raises(GraphError, match=says):
        list(client(serve(status, body).url).templates())


def test_a_cursor_that_leads_to_itself_ends_the_list_with_an_error(
    serve: Callable[..., Server],
) -> None:
    page = {"data": [{"id": "1"}], "paging": {"cursors": {"after": "A"}, "next": "https://x"}}
    server = serve(200, json.dumps(page).encode())

    with pytest.raises(GraphError, match="the same page again"):
        list(client(server.url).templates())
    assert len(server.seen) == 2


def test_the_token_goes_in_a_header_and_never_in_an_address(serve: Callable[..., Server]) -> None:
    server = serve(200, b'{"data": []}')
    one = client(server.url)
    list(one.templates())
    one.phone_number()
    one.subscribed_apps()

    assert len(server.seen) == 3
    assert not [path for path in server.seen if TOKEN in path]


def test_a_refusal_says_what_meta_says(rt: Runtime, meta: simulator.Handle) -> None:
    control(meta, "PUT", "faults", {"next": [{"kind": "error", "code": 131026}]})

    outcome = rt.whatsapp.send(hello())

    assert isinstance(outcome, Refused)
    assert outcome.code == 131026
    assert outcome.title
    assert outcome.http_status is not None


@pytest.mark.parametrize(("kind", "accepted"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_doubt_is_one_whether_or_not_meta_took_the_message(
    rt: Runtime, meta: simulator.Handle, kind: str, accepted: int
) -> None:
    control(meta, "PUT", "faults", {"next": [{"kind": kind}]})

    assert isinstance(rt.whatsapp.send(hello()), Unanswered)
    counted = control(meta, "GET", "counts")
    assert (counted["accepted"], counted["requests"]) == (accepted, 1)


def test_an_html_page_is_a_refusal_and_the_next_message_goes(
    rt: Runtime, meta: simulator.Handle
) -> None:
    control(meta, "PUT", "faults", {"next": [{"kind": "http_5xx"}]})

    first, second = rt.whatsapp.send(hello()), rt.whatsapp.send(hello())

    assert isinstance(first, Refused)
    assert first.code is None
    assert isinstance(second, Accepted)


def test_a_wrong_token_is_metas_190_everywhere(meta: simulator.Handle, rt: Runtime) -> None:
    wrong = client(meta.url)
    wrong.phone_number_id, wrong.waba_id = rt.whatsapp.phone_number_id, rt.whatsapp.waba_id

    outcome = wrong.send(hello())
    with pytest.raises(GraphError) as caught:
        list(wrong.templates())

    assert isinstance(outcome, Refused)
    assert outcome.code == caught.value.code == 190
