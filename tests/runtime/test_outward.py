"""Posting to configured addresses, and never into our own network."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from config.values import web_address_fault
from runtime import outward
from runtime.outward import UnreachableError, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "2002:7f00:1::1",
    ],
)  # fmt: skip
def test_addresses_that_lead_inwards(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1"])
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://crm.example/", "https://"),
        ("ftp://crm.example/", "https://"),
        ("https://", "https://host/path"),
        ("https://me:secret@crm.example/", "without a user"),
        ("https://crm.example/#x", "without a user or a #"),
        ("https://crm.example:0/", "https://host/path"),
        ("https://crm.example:99999/", "is no address"),
        ("https://crm.example/a b", "a character"),
        ("https://crm.example/\r\nX: y", "a character"),
        ("https://[::1", "is no address"),
    ],
)
def test_what_is_no_address(url: str, complaint: str) -> None:
    assert complaint in (web_address_fault(url) or "")


def test_good_addresses() -> None:
    assert web_address_fault("https://crm.example:8443/hook?shop=1") is None
    assert web_address_fault("http://127.0.0.1:9000/hook", private=True) is None


def resolving_to(*addresses: str) -> tuple[Any, list[str]]:
    asked: list[str] = []

    def resolve(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    return resolve, asked


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "192.168.0.1"]])
def test_a_name_that_leads_inwards_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolve, _ = resolving_to(*addresses)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "socket", None)

    with pytest.raises(UnreachableError, match="private network"):
        outward.post("https://crm.example/", b"", {})


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes], list[bytes]]]:
    """A socket on loopback: its port, what it heard, and what it will answer."""
    heard: list[bytes] = []
    answers: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            with one:
                heard.append(one.recv(65536))
                for part in answers:
                    one.sendall(part)
                if not answers:
                    one.recv(1)  # says nothing until the other side leaves

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], heard, answers
    listener.close()


def test_the_name_is_asked_once_and_that_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, server: tuple[int, list[bytes], list[bytes]]
) -> None:
    port, heard, answers = server
    answers.append(b"HTTP/1.1 204 No Content\r\n\r\n")
    resolve, asked = resolving_to("127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    url = f"http://crm.example:{port}/hook?a=b"
    assert outward.post(url, b"{}", {"X-One": "1"}, private=True) == 204
    assert asked == ["crm.example"]
    assert heard[0].startswith(b"POST /hook?a=b HTTP/1.1\r\nHost: crm.example:")
    assert b"X-One: 1\r\n" in heard[0]


@pytest.mark.parametrize("answer", [b"hello", b"HTTP/1.1\r\n", b"x" * 5000, b"HTTP/1.1 abc\r\n"])
def test_whatever_speaks_no_http_is_no_answer(
    server: tuple[int, list[bytes], list[bytes]], answer: bytes
) -> None:
    port, _, answers = server
    answers.append(answer)

    with pytest.raises(UnreachableError, match="no HTTP"):
        outward.post(f"http://127.0.0.1:{port}/", b"", {}, private=True)


def test_silence_and_refusal_end_in_time(server: tuple[int, list[bytes], list[bytes]]) -> None:
    port, _, _ = server
    with pytest.raises(UnreachableError, match="time"):
        outward.post(f"http://127.0.0.1:{port}/", b"", {}, private=True, deadline_s=0.2)
    with pytest.raises(UnreachableError, match=r"secure|time|refused|reset"):
        outward.post(f"https://127.0.0.1:{port}/", b"", {}, private=True, deadline_s=0.2)
    with pytest.raises(UnreachableError, match="refused"):
        outward.post("http://127.0.0.1:1/", b"", {}, private=True)
