"""What RQ loses, doubles or keeps by mistake changes nothing: the rows decide.

Real workers and a real clock. They are held (SIGSTOP) while RQ's state is spoilt, and then go on.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from rq import Queue
from rq.intermediate_queue import IntermediateQueue
from rq.registry import StartedJobRegistry

from campaigns import life, service, templates
from demo.servers import Server, free_port
from demo.stack import Stack, procfile
from rules import publish
from runtime import Runtime
from simulator import server as simulator
from store import inbox, queue
from tests.clock import eventually
from tests.conftest import PHONE_NUMBER_ID, WABA_ID, control
from tests.events.conftest import ASHA, PRICE_LIST, RULES, body, profile
from webhooks.rows import of_body


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
    mongod: Server,
    redis_server: Server,
    simulated_meta: simulator.Handle,
) -> Iterator[Stack]:
    """Workers and a clock on the stores of all tests."""
    env = {
        "MONGODB_URI": mongod.url.replace("/?", "/tests?"),
        "REDIS_URL": redis_server.url,
        "GRAPH_API_URL": simulated_meta.url,
        "WHATSAPP_ACCESS_TOKEN": "test-access-token",
        "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": WABA_ID,
        "WHATSAPP_APP_SECRET": "test-app-secret",
        "WHATSAPP_VERIFY_TOKEN": "test-verify-token",
        "API_TOKEN": "test-api-token-0123456789",
        "SECRET_KEY": "test-secret-key-0123456789",
        "TIMEZONE": "Asia/Kolkata",
    }
    made = Stack(tmp_path_factory.mktemp("rq"), env, free_port(), free_port())
    try:
        for name in ("worker", "clock"):
            made.start(name)
        yield made
    finally:
        made.stop()


@pytest.fixture
def shop(rt: Runtime, stack: Stack) -> Runtime:
    """A campaign that answers whoever asks for the price, on workers that listen."""
    now = datetime.now(UTC)
    templates.sync(rt, now)
    service.define(rt.db, "price_list", PRICE_LIST, "test", now)
    life.start(rt.db, "price_list", "test", now)
    publish.publish(rt.db, {"rules.yaml": RULES}, by="test", note="", now=now)
    events = Queue(queue.EVENTS, connection=rt.redis, serializer="json")
    eventually(lambda: _all_listen(rt), within_s=60, what="workers that wait")
    assert events.count == 0
    return rt


def _all_listen(rt: Runtime) -> bool:
    """Whether each worker process waits for a job."""
    waiting = sum("blmove" in str(one["cmd"]).lower() for one in rt.redis.client_list())
    return waiting == len(procfile()["worker"].partition("workers.worker")[2].split())


def asks(rt: Runtime, meta: simulator.Handle, wamid: str) -> int:
    """Asha asks for the price, and nobody is told of it yet; her shard."""
    now = datetime.now(UTC)
    control(meta, "POST", "people", {"wa_id": ASHA, "name": "Asha"})
    control(meta, "PATCH", f"people/{ASHA}", {"last_inbound_at": meta.config.clock()})
    said = {"type": "text", "text": {"body": "price"}, "from": ASHA, "id": wamid}
    item = {**said, "timestamp": str(int(now.timestamp()))}
    whole = body("messages", {"messages": [item], "contacts": [profile(ASHA, None)]})
    rows = of_body(json.dumps(whole).encode(), now)
    inbox.journal(rt.db, rows)
    return rows[0]["shard"]


def answers(meta: simulator.Handle) -> int:
    return sum(one["wa_id"] == ASHA for one in control(meta, "GET", "sent")["sent"])


def _ids(rt: Runtime) -> list[str]:
    """Of the jobs that exist."""
    return [key.decode().rpartition(":")[2] for key in rt.redis.scan_iter("rq:job:*")]


def lose_the_job(rt: Runtime) -> None:
    """Its id is queued, and what it says is gone."""
    for job_id in _ids(rt):
        rt.redis.delete(f"rq:job:{job_id}")


def lose_the_wake_up(rt: Runtime) -> None:
    rt.redis.flushall()


def queue_an_id_of_no_job(rt: Runtime) -> None:
    rt.redis.lpush("rq:queue:events", "a-zombie", "another")


def queue_it_twice(rt: Runtime) -> None:
    """Two workers get the same job at the same moment."""
    for job_id in _ids(rt):
        rt.redis.rpush("rq:queue:events", job_id, job_id)


def leave_it_started(rt: Runtime) -> None:
    """As after a death of the machine: the job is said to run, and so is one that never was."""
    key = StartedJobRegistry(queue.EVENTS, connection=rt.redis).key
    running = {f"{job_id}:an-execution": 1.0 for job_id in _ids(rt)}
    rt.redis.zadd(key, {"a-zombie:an-execution": 1.0, **running})
    rt.redis.delete("rq:queue:events", IntermediateQueue.get_intermediate_queue_key("events"))


SPOILT = [lose_the_job, lose_the_wake_up, queue_an_id_of_no_job, queue_it_twice, leave_it_started]


@pytest.mark.parametrize("spoil", SPOILT)
def test_whatever_rq_gets_wrong_everybody_is_answered_once(
    shop: Runtime, stack: Stack, meta: simulator.Handle, spoil: Callable[[Runtime], None]
) -> None:
    workers = stack.processes["worker"].pid
    os.killpg(workers, signal.SIGSTOP)
    try:
        shard = asks(shop, meta, "wamid.one")
        queue.wake_shards(shop.redis, [shard])
        spoil(shop)
    finally:
        os.killpg(workers, signal.SIGCONT)
    eventually(lambda: answers(meta) == 1, within_s=30, what="an answer")

    queue.wake_shards(shop.redis, [asks(shop, meta, "wamid.two")])

    eventually(lambda: answers(meta) == 2, within_s=30, what="an answer to the next question")
    assert shop.db.deliveries.count_documents({}) == 2
    stack.raise_if_dead()


def test_a_worker_killed_between_taking_a_job_and_running_it_loses_nothing(
    shop: Runtime, stack: Stack, meta: simulator.Handle
) -> None:
    os.killpg(stack.processes["worker"].pid, signal.SIGSTOP)
    shard = asks(shop, meta, "wamid.one")
    queue.wake_shards(shop.redis, [shard])  # goes to one of those that wait, who cannot run it
    stack.kill("worker")
    stack.start("worker")

    eventually(lambda: answers(meta) == 1, within_s=60, what="an answer")
    assert shop.db.deliveries.count_documents({}) == 1
