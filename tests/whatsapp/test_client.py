"""Whatever happens to a send is one of three outcomes, and none of them hides a doubt."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection

import pytest

from runtime import Runtime
from simulator import server as simulator
from tests.conftest import control
from whatsapp import messages
from whatsapp.client import Accepted, GraphError, Refused, Unanswered, WhatsApp

CHEN = "6591234567"


def hello(to: str = CHEN) -> dict[str, object]:
    return messages.envelope(messages.template("hello_world", "en_US"), wa_id=to, bsuid=None)


def client(url: str) -> WhatsApp:
    return WhatsApp(url, "v25.0", "secret-token", "1", "2")


@contextmanager
def answering(*answers: bytes, closed: threading.Event | None = None) -> Iterator[str]:
    """A server that gives each connection one of `answers`, then closes it and says so."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)
            if closed is not None:
                closed.set()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def answer(status: str, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode("latin-1") + b"\r\n\r\n" + body


def test_an_accepted_message_has_a_wamid(rt: Runtime) -> None:
    outcome = rt.whatsapp.send(hello())

    assert isinstance(outcome, Accepted)
    assert outcome.wamid.startswith("wamid.")
    assert outcome.wa_id == CHEN


def test_a_refusal_says_metas_code(rt: Runtime, meta: simulator.Handle) -> None:
    control(meta, "PUT", "faults", {"next": [{"kind": "error", "code": 131049}]})

    outcome = rt.whatsapp.send(hello())

    assert isinstance(outcome, Refused)
    assert outcome.code == 131049


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
def test_a_cut_connection_is_a_doubt_whichever_side_it_was_cut_on(
    rt: Runtime, meta: simulator.Handle, kind: str
) -> None:
    control(meta, "PUT", "faults", {"next": [{"kind": kind}]})

    assert isinstance(rt.whatsapp.send(hello()), Unanswered)


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    outcome = client("http://127.0.0.1:9").send(hello())

    assert isinstance(outcome, Refused)
    assert outcome.code is None


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy"])
def test_an_html_error_of_metas_is_a_refusal(status: str) -> None:
    with answering(answer(status, b"<html>")) as url:
        assert isinstance(client(url).send(hello()), Refused)


@pytest.mark.parametrize("status", ["502 Bad Gateway", "504 Gateway Timeout"])
def test_a_gateway_does_not_know(status: str) -> None:
    with answering(answer(status, b"<html>")) as url:
        assert isinstance(client(url).send(hello()), Unanswered)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"{}", b'{"messages": []}', b"[]", b"null", b'"yes"', b'{"messages": [7]}',
        b'{"messages": [{"id": null}]}', b'{"messages": [{"id": ""}]}',
        b'{"messages": [{"id": 5}]}', b"[" * 100_000, b"\xff\xfe",
    ],
)  # fmt: skip
def test_a_yes_that_is_not_understood_is_a_doubt(body: bytes) -> None:
    with answering(answer("200 OK", body)) as url:
        assert isinstance(client(url).send(hello()), Unanswered)


@pytest.mark.parametrize(
    ("asked", "wait_s"),
    [("7", 7.0), ("Wed, 25 Nov 2026 10:00:00 GMT", None), ("\xb2", None), ("-1", None), ("", None)],
)
def test_a_wait_that_meta_asks_for_is_told(asked: str, wait_s: float | None) -> None:
    with answering(answer("429 Slow", b"{}", f"Retry-After: {asked}")) as url:
        outcome = client(url).send(hello())

    assert isinstance(outcome, Refused)
    assert (outcome.http_status, outcome.retry_after_s) == (429, wait_s)


@pytest.mark.parametrize(
    "code", ["Infinity", "NaN", "null", '"many"', "[1]", "1e400", "9" * 30, "9" * 5000]
)
def test_a_refusal_whose_code_no_database_holds_is_one_without_a_code(code: str) -> None:
    body = b'{"error": {"message": "\\ud800", "code": ' + code.encode() + b"}}"
    with answering(answer("400 Bad Request", body)) as url:
        outcome = client(url).send(hello())

    assert isinstance(outcome, Refused)
    assert outcome.code is None
    outcome.title.encode()


def test_a_wamid_that_cannot_be_written_is_kept_as_far_as_it_can() -> None:
    with answering(answer("200 OK", b'{"messages": [{"id": "wamid.\\ud800"}]}')) as url:
        outcome = client(url).send(hello())

    assert isinstance(outcome, Accepted)
    assert outcome.wamid == "wamid.?"


def test_a_certificate_that_is_not_trusted_was_sent_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: HTTPSConnection) -> None:
        raise ssl.SSLCertVerificationError("self-signed certificate")

    monkeypatch.setattr(HTTPSConnection, "connect", refuse)

    outcome = client("https://127.0.0.1:9").send(hello())

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.http_status) == (None, None)


def test_an_encrypted_connection_that_breaks_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: HTTPSConnection) -> None:
        raise ssl.SSLError("decryption failed or bad record mac")

    ours, theirs = socket.socketpair()
    monkeypatch.setattr(HTTPSConnection, "connect", lambda self: setattr(self, "sock", ours))
    monkeypatch.setattr(HTTPSConnection, "getresponse", broken)

    assert isinstance(client("https://127.0.0.1:9").send(hello()), Unanswered)
    assert theirs.recv(4) == b"POST"
    theirs.close()


def test_a_connection_that_meta_closed_meanwhile_is_not_used_again() -> None:
    yes = answer("200 OK", b'{"messages": [{"id": "wamid.1"}]}')
    closed = threading.Event()
    with answering(yes, yes, closed=closed) as url:
        one = client(url)
        assert isinstance(one.send(hello()), Accepted)
        assert closed.wait(5)
        assert isinstance(one.send(hello()), Accepted)


def test_more_templates_than_a_page_holds_are_all_listed(
    rt: Runtime, meta: simulator.Handle
) -> None:
    listed = control(meta, "GET", "templates")
    first = next(iter(listed.values()))[0]
    many = [{**first, "id": str(n), "name": f"template_{n:03d}"} for n in range(250)]
    control(meta, "PUT", "templates", {"data": many})

    names = [template["name"] for template in rt.whatsapp.templates()]

    assert names == [template["name"] for template in many]


@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b'{"data": "none"}', b'{"data": [1]}'])
def test_a_list_that_is_not_understood_is_no_empty_list(body: bytes) -> None:
    with answering(answer("200 OK", body)) as url, pytest.raises(GraphError, match="understood"):
        list(client(url).templates())


def test_an_account_without_templates_has_none() -> None:
    with answering(answer("200 OK", b'{"data": []}')) as url:
        assert list(client(url).templates()) == []


def test_the_token_stands_in_no_error() -> None:
    with pytest.raises(GraphError) as caught:
        list(client("http://127.0.0.1:9").templates())

    assert "secret-token" not in repr(caught.value)
    assert "secret-token" not in repr(client("http://127.0.0.1:9").send(hello()))
