"""A real worker process meets events that raise, hang, crash it or eat its memory."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.settings import ROOT
from rules import publish
from runtime import Runtime
from store import inbox, queue
from store.documents.inbox import InboxState
from tests.clock import eventually
from tests.events.conftest import body
from tests.makers import make_contact
from webhooks.rows import of_body

SHARD = 7
POISONS = ("raise", "hang", "crash", "eat")
RULES = {
    "rules.yaml": """
rules:
  - {rule: all, when: {event: message}, then: [{reply: hello}]}
  - {rule: engine, when: {text: poison engine}, then: [{reply: alive}]}
"""
}


@pytest.fixture
def worker(rt: Runtime, tmp_path: Path) -> Iterator[Path]:
    """A supervised worker of the events queue; the file it logs to."""
    settings = rt.settings
    given = {
        name: str(value.get_secret_value() if isinstance(value, SecretStr) else value)
        for name in (
            "whatsapp_access_token", "whatsapp_verify_token", "api_token", "secret_key",
            "mongodb_uri", "redis_url", "whatsapp_phone_number_id",
            "whatsapp_business_account_id", "graph_api_url",
        )
        for value in [getattr(settings, name)]
    }  # fmt: skip
    env = {
        **os.environ,
        **{name.upper(): value for name, value in given.items()},
        "WHATSAPP_APP_SECRET": settings.app_secrets()[0],
        "EVENT_TIMEOUT_S": "5",
        "WORKER_MEMORY_MB": "600",
        "PYTHONPATH": f"{ROOT}:{Path(__file__).parent / 'poison'}",
    }
    log = tmp_path / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.worker", queue.EVENTS],
            cwd=ROOT, env=env, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_each_is_set_aside_and_everybody_else_of_its_shard_is_answered(
    rt: Runtime, worker: Path
) -> None:
    publish.publish(rt.db, RULES, by="test", note="", now=datetime.now(UTC))
    said = {f"9198000000{n:02}": f"hello {n}" for n in range(20)}
    said |= {f"9197000000{n:02}": f"poison: {what}" for n, what in enumerate(POISONS)}
    said["919600000000"] = "poison engine"  # kills the engine in C, and not the one in Python
    people = {who: make_contact(rt.db, wa_id=who, bsuid=None, shard=SHARD) for who in said}
    stamp = str(int(datetime.now(UTC).timestamp()))
    entries = [
        {"from": who, "id": f"wamid.{text}", "timestamp": stamp, "type": "text",
         "text": {"body": text}}
        for who, text in said.items()
    ]  # fmt: skip
    rows = of_body(json.dumps(body("messages", {"messages": entries})).encode(), datetime.now(UTC))
    inbox.journal(rt.db, [{**row, "shard": SHARD} for row in rows])

    def settled() -> bool:
        queue.wake_shards(rt.redis, [SHARD])  # as the clock's sweep does
        return not rt.db.inbox.count_documents({"state": InboxState.NEW})

    eventually(settled, within_s=90)

    dead = {row["_id"]: row for row in rt.db.inbox.find({"state": InboxState.DEAD})}
    assert sorted(dead) == sorted(f"m:wamid.poison: {what}" for what in POISONS)
    assert {row["tries"] for row in dead.values()} == {3}
    assert "ZeroDivisionError" in dead["m:wamid.poison: raise"]["reason"]
    assert "MemoryError" in dead["m:wamid.poison: eat"]["reason"]
    for what in ("hang", "crash"):
        assert dead[f"m:wamid.poison: {what}"]["reason"] == "its worker died each time"
    answered = {row["contact_id"] for row in rt.db.deliveries.find({"purpose": "reply"})}
    kept = {who for who, text in said.items() if "hello" in text or "engine" in text}
    assert answered == {people[who]["_id"] for who in kept}
    decided = rt.db.events.find_one({"text": "poison engine"})
    assert decided is not None
    assert decided["decision"]["rules"] == ["all", "engine"]
    assert decided["decision"]["engine"] == "python"
    assert "a worker is stuck and is ended" in worker.read_text()
