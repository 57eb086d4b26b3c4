"""The webhook as it is served: real gunicorn, as the Procfile starts it, over a socket."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from config.settings import Settings
from demo import servers
from demo.stack import Stack
from store import mongo
from tests.webhooks.conftest import SECRET, message
from webhooks.routes import MAX_BYTES
from whatsapp.signature import sign


@pytest.fixture
def web(settings: Settings, db: mongo.Db, tmp_path: Path) -> Iterator[Stack]:
    env = {
        "MONGODB_URI": settings.mongodb_uri,
        "REDIS_URL": settings.redis_url,
        "WHATSAPP_ACCESS_TOKEN": "x",
        "WHATSAPP_PHONE_NUMBER_ID": settings.whatsapp_phone_number_id,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": settings.whatsapp_business_account_id,
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": "x",
        "API_TOKEN": "x",
        "SECRET_KEY": "x",
    }
    stack = Stack(tmp_path, env, web_port=servers.free_port(), simulator_port=0)
    stack.start("web")
    stack.wait_for(f"{stack.url}/healthz", "web")
    yield stack
    stack.stop()


def post(web: Stack, raw: bytes, timeout: float = 10) -> int:
    url = f"{web.url}/webhooks/whatsapp"
    headers = {"X-Hub-Signature-256": sign(raw, SECRET)}
    return requests.post(url, data=raw, headers=headers, timeout=timeout).status_code


def test_a_chunked_body_is_read_and_a_chunked_one_too_large_is_not(
    web: Stack, db: mongo.Db
) -> None:
    url = f"{web.url}/webhooks/whatsapp"
    raw = json.dumps(message()).encode()
    signed = {"X-Hub-Signature-256": sign(raw, SECRET)}

    taken = requests.post(url, data=iter([raw[:50], raw[50:]]), headers=signed, timeout=10)
    pieces = (b" " * 65_536 for _ in range(MAX_BYTES // 65_536 + 2))
    refused = requests.post(url, data=pieces, headers=signed, timeout=30)

    assert (taken.status_code, refused.status_code) == (200, 413)
    assert db.inbox.count_documents({}) == 1


def test_a_body_over_the_limit_is_refused_before_it_is_sent(web: Stack) -> None:
    with socket.create_connection(("127.0.0.1", web.web_port), timeout=10) as connection:
        head = (
            "POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\n"
            f"Content-Length: {MAX_BYTES * 100}\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(200).split(b"\r\n")[0]


def test_a_client_that_leaves_in_the_middle_harms_nobody(web: Stack) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", web.web_port), timeout=10) as connection:
            connection.sendall(
                b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
            )
    assert post(web, json.dumps(message()).encode()) == 200


def test_sigterm_loses_nothing_that_was_acknowledged(web: Stack, db: mongo.Db) -> None:
    acknowledged: list[int] = []

    def one(number: int) -> None:
        if number == 60:
            os.kill(web.processes["web"].pid, signal.SIGTERM)
        try:
            if post(web, json.dumps(message(f"wamid.{number}")).encode()) == 200:
                acknowledged.append(number)
        except requests.RequestException:
            return  # refused or cut: Meta sends it again

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(120)))

    assert web.processes["web"].wait(30) == 0
    assert len(acknowledged) >= 60 - 8
    kept = {row["_id"] for row in db.inbox.find({}, {"_id": 1})}
    assert {f"m:wamid.{number}" for number in acknowledged} <= kept
    web.processes.clear()
