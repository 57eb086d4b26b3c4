"""The web server itself: who holds it up, what it refuses to read, and how it ends."""

import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from demo import servers
from demo.stack import Stack
from store import mongo
from tests.clock import eventually
from tests.server.conftest import (
    API_TOKEN,
    ask,
    chunked,
    connect,
    post,
    processes,
    request,
    serving,
    status_of,
)
from tests.webhooks.conftest import message
from webhooks.door import MAX_BYTES

WHOLE = request(json.dumps(message()).encode())
MANY = 200


def bodies(count: int) -> list[bytes]:
    return [json.dumps(message(f"wamid.{number}")).encode() for number in range(count)]


@contextmanager
def stopped(server: servers.Server) -> Iterator[None]:
    """The server neither answers nor refuses, as behind a network that swallows everything."""
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


@pytest.mark.parametrize("sent", [40, len(WHOLE) - 20], ids=["half a head", "half a body"])
def test_clients_that_hold_half_a_request_hold_nobody_up(
    web: Stack, db: mongo.Db, sent: int
) -> None:
    with ExitStack() as stack:
        halves = [stack.enter_context(connect(web)) for _ in range(MANY)]
        for half in halves:
            half.sendall(WHOLE[:sent])
        assert post(web, message("wamid.good")) == 200
        assert requests.get(f"{web.url}/healthz", timeout=10).status_code == 200
        for number, half in enumerate(halves[:5]):
            half.sendall(WHOLE[sent : sent + number])  # they are still heard
            half.sendall(WHOLE[sent + number :])
            assert status_of(half) == 200
        assert {row["_id"] for row in db.inbox.find()} == {"m:wamid.good", "m:wamid.one"}


def test_a_client_that_never_ends_its_request_is_let_go(
    mongod: servers.Server, redis_server: servers.Server, tmp_path: Path
) -> None:
    sent_and_answer = [(0, 0), (40, 0), (len(WHOLE) - 20, 408)]
    with ExitStack() as stack:
        web = stack.enter_context(serving(mongod, redis_server, tmp_path, WEB_PATIENCE_S="0.5"))
        slow = [stack.enter_context(connect(web)) for _ in sent_and_answer]
        for client, (sent, _) in zip(slow, sent_and_answer, strict=True):
            client.sendall(WHOLE[:sent])
        assert [status_of(client) for client in slow] == [answer for _, answer in sent_and_answer]


def test_slow_bodies_for_the_pages_take_no_thread(web: Stack) -> None:
    login = request(b"x" * 500, headers=[], path="/login")
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connect(web)).sendall(login[:-10])
        assert requests.get(f"{web.url}/login", timeout=10).status_code == 200


def test_a_body_over_the_limit_is_refused_before_it_is_sent(web: Stack) -> None:
    head = request(b"", headers=[("Content-Length", str(MAX_BYTES + 1))], length=False)
    assert ask(web, head) == 413
    assert ask(web, head.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")) == 413


def test_a_client_that_sends_too_much_all_the_same_can_read_why(web: Stack) -> None:
    assert ask(web, request(b" " * (MAX_BYTES + 1))) == 413
    assert ask(web, chunked(b" " * (MAX_BYTES + 1), 65_536)) == 413


def test_a_body_at_the_limit_is_taken_in_whatever_pieces(web: Stack, db: mongo.Db) -> None:
    raw = json.dumps(message()).encode()
    whole = raw + b" " * (MAX_BYTES - len(raw))
    assert ask(web, request(whole)) == 200
    assert ask(web, chunked(whole, 40_000, 1, 7)) == 200
    assert db.inbox.count_documents({}) == 1


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(web: Stack, db: mongo.Db) -> None:
    head, _, body = WHOLE.partition(b"\r\n\r\n")
    with connect(web) as careful:
        careful.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert status_of(careful) == 100
        careful.sendall(body)
        assert status_of(careful) == 200
    assert db.inbox.count_documents({}) == 1


def test_a_client_that_leaves_in_the_middle_harms_nobody(web: Stack) -> None:
    for _ in range(5):
        with connect(web) as leaving:
            leaving.sendall(WHOLE[:-20])
    assert post(web, message()) == 200


def test_requests_on_one_connection_are_answered_in_their_order(web: Stack, db: mongo.Db) -> None:
    unsigned = request(b"{}", headers=[])
    with connect(web) as busy:
        busy.sendall(WHOLE + unsigned + WHOLE)
        answers = b""
        while answers.count(b"HTTP/1.1 ") < 3:
            answers += busy.recv(65_536)
    assert [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]] == [b"200", b"401", b"200"]
    assert db.inbox.count_documents({}) == 1


def test_a_bulk_body_for_the_api_may_come_in_chunks(web: Stack, db: mongo.Db) -> None:
    lines = (f"+9198{number:08d}\n".encode() for number in range(3_000))
    answer = requests.post(
        f"{web.url}/api/v1/contacts/import",
        data=iter([b"phone\n", *lines]),
        headers={"Content-Type": "text/csv", "Authorization": f"Bearer {API_TOKEN}"},
        timeout=60,
    )
    assert answer.json()["created"] == 3_000
    assert db.contacts.count_documents({}) == 3_000


def test_while_the_store_is_away_everybody_is_told_within_two_seconds(
    web: Stack, mongod: servers.Server, db: mongo.Db
) -> None:
    many = bodies(150)
    with stopped(mongod):
        answers = at_once(web, [request(raw) for raw in many])
        again = at_once(web, [request(raw) for raw in many])
    assert {status for status, _ in answers + again} == {503}
    assert max(took for _, took in answers + again) < 2.0

    eventually(lambda: post(web, many[0]) == 200, what="the store's return")
    assert {status for status, _ in at_once(web, [request(raw) for raw in many])} == {200}
    assert db.inbox.count_documents({}) == len(many)


def at_once(stack: Stack, raws: list[bytes]) -> list[tuple[int, float]]:
    """Send all of these at the same time; each one's status, and the seconds it took."""
    answers: list[tuple[int, float]] = []
    with ExitStack() as exits, selectors.DefaultSelector() as waiting:
        clients = [exits.enter_context(connect(stack)) for _ in raws]
        for client, raw in zip(clients, raws, strict=True):
            client.sendall(raw)
            waiting.register(client, selectors.EVENT_READ, time.monotonic())
        while len(answers) < len(raws):
            ready = waiting.select(timeout=20)
            assert ready, "no answer"
            for key, _ in ready:
                assert isinstance(key.fileobj, socket.socket)
                answers.append((status_of(key.fileobj), time.monotonic() - key.data))
                waiting.unregister(key.fileobj)
    return answers


def test_a_redis_that_does_not_answer_holds_nobody_up(
    web: Stack, redis_server: servers.Server, db: mongo.Db
) -> None:
    with stopped(redis_server):
        answers = at_once(web, [request(raw) for raw in bodies(50)])
    assert {status for status, _ in answers} == {200}
    assert max(took for _, took in answers) < 2.0
    assert db.inbox.count_documents({}) == 50


def test_another_worker_class_serves_the_same(
    mongod: servers.Server, redis_server: servers.Server, tmp_path: Path, db: mongo.Db
) -> None:
    other = {"GUNICORN_CMD_ARGS": "--worker-class gthread"}
    with serving(mongod, redis_server, tmp_path, **other) as web:
        answers = [ask(web, raw) for raw in (WHOLE, WHOLE, request(b"{}", headers=[]))]
        answers.append(
            ask(web, request(b"", headers=[("Content-Length", str(2**30))], length=False))
        )
    assert answers == [200, 200, 401, 413]
    assert db.inbox.count_documents({}) == 1


def test_sigterm_loses_nothing_that_was_acknowledged(own_web: Stack, db: mongo.Db) -> None:
    acknowledged: list[int] = []

    def one(number: int) -> None:
        if number == 60:
            os.kill(own_web.processes["web"].pid, signal.SIGTERM)
        try:
            if post(own_web, message(f"wamid.{number}")) == 200:
                acknowledged.append(number)
        except OSError:
            return  # refused: Meta sends it again

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(120)))

    assert own_web.processes["web"].wait(30) == 0
    assert len(acknowledged) >= 60 - 8
    kept = {row["_id"] for row in db.inbox.find({}, {"_id": 1})}
    assert {f"m:wamid.{number}" for number in acknowledged} <= kept
    own_web.processes.clear()


def test_sigterm_waits_for_a_body_that_is_under_way_and_for_nobody_else(
    own_web: Stack, db: mongo.Db
) -> None:
    with ExitStack() as stack:
        accepted = stack.enter_context(connect(own_web))
        idle = stack.enter_context(connect(own_web))
        half_a_head = stack.enter_context(connect(own_web))
        accepted.sendall(WHOLE[:-20])
        idle.sendall(WHOLE)
        assert status_of(idle) == 200
        half_a_head.sendall(WHOLE[:40])

        os.kill(own_web.processes["web"].pid, signal.SIGTERM)
        assert idle.recv(1) == b""
        assert status_of(half_a_head) == 0
        accepted.sendall(WHOLE[-20:])

        assert status_of(accepted) == 200
        assert own_web.processes["web"].wait(15) == 0
    assert db.inbox.count_documents({}) == 1
    own_web.processes.clear()


def test_a_process_that_is_killed_is_made_anew_and_a_repeat_is_recognised(
    own_web: Stack, db: mongo.Db
) -> None:
    assert post(own_web, message()) == 200
    first = processes(own_web)
    for pid in first - {own_web.processes["web"].pid}:
        os.kill(pid, signal.SIGKILL)

    eventually(lambda: len(processes(own_web) - first) == 2, what="two new processes")
    assert post(own_web, message()) == 200
    assert db.inbox.count_documents({}) == 1
