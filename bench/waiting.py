"""Figures of waiting: a person's answer while the statuses of a large campaign are handled."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import requests
from bson import ObjectId

from bench import cpu, load
from bench.house import SECRET, House
from bench.table import Table, milliseconds
from store import inbox, mongo, queue, redis
from store.documents.delivery import DeliveryStatus, Purpose
from webhooks.rows import of_body

STATUSES = 20_000
ASKING = 20
_PAUSE_S = 0.1
_IN_A_BODY = 1_000
_WAIT_S = 60.0


def run(house: House, table: Table) -> None:
    """From a webhook to our POST, while 20,000 statuses wait, beside nobody else waiting."""
    house.start_all()
    _ask(house, "910")  # workers have taken up the rules before anything is measured
    red = redis.connect(house.settings.redis_url)
    title = f"webhook to reply, p50 / p99, while {STATUSES:,} statuses wait"

    def offer(number: int) -> tuple[list[float], list[float], int]:
        house.empty_journal()
        alone = _ask(house, f"91{number}1")
        rows = _reported(house.db)
        for start in range(0, len(rows), _IN_A_BODY):
            inbox.journal(house.db, rows[start : start + _IN_A_BODY])
        queue.wake_shards(red, {row["shard"] for row in rows})
        beside = _ask(house, f"91{number}2")
        left = house.db.inbox.count_documents({"state": "new", "kind": "status"})
        return alone, beside, left

    try:
        quiet = cpu.quiet_rounds(offer, rounds=1)
    except cpu.NoisyError as error:
        table.refuse(title, str(error))
        return
    ((alone, beside, left),) = quiet.rounds
    table.add(
        title,
        milliseconds(beside),
        beside=f"{len(beside)} of {ASKING}; alone {milliseconds(alone)}; {left:,} waited on",
        foreign=quiet.foreign,
    )


def _ask(house: House, prefix: str) -> list[float]:
    """People ask one after the other; how long each waited, in seconds."""
    house.meta.arrived.clear()
    asked: dict[str, float] = {}
    for number in range(ASKING):
        who = f"{prefix}{number:08d}"
        raw = load.post(load.message_body(f"waiting.{who}", who), SECRET).partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in raw[0].decode().split("\r\n")[1:])
        asked[who] = time.perf_counter()
        answer = requests.post(house.shop.url + load.PATH, data=raw[2], headers=headers, timeout=10)
        answer.raise_for_status()
        time.sleep(_PAUSE_S)
    deadline = time.monotonic() + _WAIT_S
    while len(house.meta.arrived) < ASKING and time.monotonic() < deadline:
        time.sleep(0.01)
    return [house.meta.arrived[who] - at for who, at in asked.items() if who in house.meta.arrived]


def _reported(db: mongo.Db) -> list[Any]:
    """Meta reports every message of a run that it accepted as delivered: the journal's rows."""
    now = datetime.now(UTC)
    run_id = ObjectId()
    db.runs.insert_one(
        {
            "_id": run_id, "campaign": "price_list", "version": 1, "number": int(time.time()),
            "started_at": now, "ended_at": None, "counters": {"accepted": STATUSES}, "tallies": {},
        }
    )  # fmt: skip
    made = [_accepted(run_id, number, now) for number in range(STATUSES)]
    mongo.deliveries(db).insert_many(made, ordered=False)
    stamp = str(int(now.timestamp()))
    statuses = [
        {
            "id": delivery["wamid"], "status": "delivered", "timestamp": stamp,
            "recipient_id": f"9190{number:08d}",
            "biz_opaque_callback_data": str(delivery["_id"]),
        }
        for number, delivery in enumerate(made)
    ]  # fmt: skip
    return [
        row
        for start in range(0, STATUSES, _IN_A_BODY)
        for row in of_body(_body(statuses[start : start + _IN_A_BODY]), now)
    ]


def _body(statuses: list[dict[str, str]]) -> bytes:
    metadata = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": statuses}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def _accepted(run_id: ObjectId, number: int, now: datetime) -> Any:
    delivery_id = ObjectId()
    return {
        "_id": delivery_id, "cause": f"run:{run_id}:{number}", "contact_id": ObjectId(), "step": 0,
        "purpose": Purpose.CAMPAIGN, "campaign": "price_list", "run_id": run_id,
        "category": "marketing", "message": {}, "ignores": [], "status": DeliveryStatus.ACCEPTED,
        "stage": None, "status_at": now, "due_at": now, "attempts": 1, "lease": None,
        "wamid": f"wamid.{delivery_id}", "reason": None, "error": None,
        "times": {"sending": now, "accepted": now}, "pricing": None, "reply": None, "clicks": [],
        "triggered_by": {}, "created_at": now,
    }  # fmt: skip
