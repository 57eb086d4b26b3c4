"""Sweeps find work by an index, in bounded parts, however much that is done lies about."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from config import settings as config_settings
from deliveries import lanes
from demo.servers import Server
from store import due, erasures, fires, gauges, inbox, launches, migrations, mongo, sessions, texts
from store.documents.delivery import stage_of
from store.documents.fire import FireKind
from tests.clock import NOW

DONE = 200_000
WAITING = 3_000
PART = 500
SETTINGS = config_settings.Settings.model_construct(journal_days=3650, texts_days=3649)
OLD = NOW - timedelta(days=1)
Sweep = Callable[[mongo.Db], Any]


@pytest.fixture(scope="module")
def full(mongod: Server) -> Iterator[mongo.Db]:
    """200,000 rows of the journal and of deliveries that are done, and a few thousand that wait."""
    db = mongo.connect(mongod.url.replace("/?", "/sweeps?"), timeout_s=120)
    quickly = mongo.lightly(db)
    for start in range(0, DONE, 20_000):
        numbers = range(start, start + 20_000)
        quickly.inbox.insert_many([_item(f"done{n}", "done", n, done_at=OLD) for n in numbers])
        quickly.deliveries.insert_many([_delivery(n, "read") for n in numbers])
    events = [
        {"_id": f"e{n}", "recorded_at": OLD, "text": "hi", "properties": {}}
        for n in range(DONE // 10)
    ]
    quickly.events.insert_many(events)
    numbers = range(DONE, DONE + WAITING)
    quickly.inbox.insert_many([_item(f"new{n}", "new", n) for n in numbers])
    quickly.inbox.insert_many([_item(f"dead{n}", "dead", n) for n in numbers])
    sending = [
        {**_delivery(n, "sending"), "_id": ObjectId(), "purpose": "campaign"} for n in numbers
    ]
    quickly.deliveries.insert_many(sending)
    quickly.claims.insert_many([{"ids": [row["_id"]], "until": OLD} for row in sending])
    more = range(DONE + WAITING, DONE + 2 * WAITING)
    quickly.deliveries.insert_many([_delivery(n, "pending") for n in more])
    quickly.fires.insert_many(
        [
            {"kind": kind, "due_at": NOW, "lease": None, "tries": 0, "subject": {"contact_id": n}}
            for kind in ("notify", "start_campaign")
            for n in numbers
        ]
    )
    quickly.erasures.insert_many([{"due_at": NOW} for _ in numbers])
    migrations.migrate(db, SETTINGS, NOW)
    yield db
    db.client.drop_database("sweeps")
    db.client.close()


def _item(key: str, state: str, number: int, **more: Any) -> dict[str, Any]:
    kind = "status" if number % 2 else "message"
    who = {"shard": number % 64, "who": f"{number % 5000}", "kind": kind}
    moment = {"at": OLD, "received_at": OLD}
    return {"_id": key, "state": state, "payload": "{}", "tries": 0, **who, **moment, **more}


def _delivery(number: int, status: str) -> dict[str, Any]:
    return {
        "cause": f"event:{number}", "contact_id": number, "step": 0, "status": status,
        "stage": stage_of(status),
        "purpose": "reply", "run_id": None, "due_at": OLD, "created_at": OLD,
        "status_at": OLD, "lease": {"token": "t", "until": OLD} if status == "sending" else None,
        "reply": {"at": OLD, "text": "yes"} if status == "read" and not number % 10 else None,
    }  # fmt: skip


SWEEPS: dict[str, tuple[Sweep, int]] = {
    "shards that wait": (lambda db: inbox.waiting_shards(db, NOW), 64),
    "shards where a person waits": (lambda db: inbox.said_in(db, range(64)), 64),
    "a person's items of a shard": (lambda db: inbox.said_next(db, 2, PART), PART),
    "statuses of a shard": (lambda db: inbox.statuses_next(db, 3, PART), PART),
    "sends whose worker died": (lambda db: due.adrift(db, due.over(db, NOW, PART)), 2 * PART),
    "whether anything is to be sent": (lambda db: lanes.any_due(db, NOW), 2),
    "what is to be sent": (lambda db: due.lease_urgent(db, NOW, 100), 300),
    "a fire that is due": (lambda db: fires.claim_due(db, NOW), 1),
    "a batch of fires": (
        lambda db: fires.claim_batch(db, NOW, [FireKind.START_CAMPAIGN, FireKind.STEP], PART),
        2 * PART + 2,
    ),
    "whether a run is to be launched": (lambda db: launches.any_due(db, NOW), 1),
    "erasures to look after": (lambda db: erasures.due(db, NOW, 100), 100),
    "texts to forget": (lambda db: texts.forget(db, NOW, PART), 8 * PART + 8),
    "what is not done, for the metrics": (lambda db: inbox.counts(db, 1_000), 3_000),
    "the item that waits longest": (gauges.oldest_by_shard, 64),
    "transactions of the dead": (sessions.end_abandoned, 0),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_reads_no_more_than_its_part(full: mongo.Db, name: str) -> None:
    sweep, most = SWEEPS[name]
    full.command("profile", 0)
    full.drop_collection("system.profile")
    full.command("profile", 2)

    sweep(full)

    full.command("profile", 0)
    told = list(full["system.profile"].find({"planSummary": {"$exists": True}}))
    assert "COLLSCAN" not in {entry["planSummary"] for entry in told}
    assert sum(entry.get("docsExamined", 0) for entry in told) <= most
    # Of an index a sweep may look at one entry beyond each place where it begins.
    assert sum(entry.get("keysExamined", 0) for entry in told) <= 2 * most + 200


def test_the_sweeps_had_something_to_find(full: mongo.Db) -> None:
    assert full.inbox.count_documents({"state": "done"}) == DONE
    assert inbox.waiting_shards(full, NOW) == list(range(64))
    assert len(due.over(full, NOW, PART)) == PART
    assert due.lease_urgent(full, NOW, 100)
    assert fires.claim_due(full, NOW)
    assert texts.forget(full, NOW, PART) >= PART
