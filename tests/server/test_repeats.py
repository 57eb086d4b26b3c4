"""Whatever Meta repeats is one row: in any bytes, at once, across processes, after a restart."""

import copy
import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from demo.stack import Stack
from store import mongo
from tests.clock import eventually
from tests.server.conftest import post, processes

METADATA = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
PRICING = {"billable": True, "pricing_model": "PMP", "category": "marketing"}


def webhook(field: str, value: dict[str, Any], time: int | None = 1795510000) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": "102290129340398", "changes": [{"field": field, "value": value}]}
    if time is not None:
        entry["time"] = time
    return {"object": "whatsapp_business_account", "entry": [entry]}


def about(**lists: Any) -> dict[str, Any]:
    return webhook("messages", {"metadata": METADATA, **lists}, None)


MESSAGE = {"from": "919812345670", "id": "wamid.one", "timestamp": "1795510000", "type": "text",
           "text": {"body": "price"}}  # fmt: skip
STATUS = {"id": "wamid.out", "status": "delivered", "timestamp": "1795510000",
          "recipient_id": "919812345670", "pricing": PRICING}  # fmt: skip
PREFERENCE = {"wa_id": "919812345670", "category": "marketing_messages", "value": "stop",
              "detail": "asked for it", "timestamp": 1795510000}  # fmt: skip
BAN = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_date": "2026-11-24"}}
FLOW = {"event": "ENDPOINT_LATENCY", "flow_id": "1", "p90_latency": 12000}

# kind: (the body, the same happening told in other words). What tells them apart is not read by us
# where Meta's ids say what it is; where Meta gives none, only the bytes may differ.
TOLD_TWICE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "message": (
        about(messages=[MESSAGE]),
        about(messages=[{**MESSAGE, "of_2031": 1, "text": {"body": "price "}}], contacts=[]),
    ),
    "status": (
        about(statuses=[STATUS]),
        about(statuses=[{**STATUS, "pricing": {**PRICING, "billable": False}, "conversation": {}}]),
    ),
    "preference": (
        about(user_preferences=[PREFERENCE]),
        about(user_preferences=[{**PREFERENCE, "detail": "in other words"}]),
    ),
    "account": (
        webhook("account_update", BAN),
        webhook("account_update", {**BAN, "ban_info": {"waba_ban_date": "24 November 2026"}}),
    ),
    "other": (webhook("flows", FLOW), webhook("flows", dict(reversed(FLOW.items())))),
}


def forms(body: dict[str, Any], again: dict[str, Any]) -> list[bytes]:
    """The same happening in many bytes."""
    turned = {key: copy.deepcopy(body)[key] for key in reversed(body)}
    return [
        json.dumps(body).encode(),
        json.dumps(body, indent=2).encode(),
        json.dumps(turned, sort_keys=True).encode(),
        json.dumps(body).replace("a", "\\u0061").encode(),
        json.dumps(again).encode(),
    ]


@pytest.mark.parametrize("kind", TOLD_TWICE)
def test_it_is_one_row_in_whatever_bytes_it_is_repeated(
    web: Stack, db: mongo.Db, kind: str
) -> None:
    told = forms(*TOLD_TWICE[kind])

    assert [post(web, raw) for raw in [*told, told[0]]] == [200] * (len(told) + 1)

    assert [row["kind"] for row in db.inbox.find()] == [kind]


def test_sixteen_at_once_are_one_row_each_and_stay_so_after_a_restart(
    own_web: Stack, db: mongo.Db
) -> None:
    told = {kind: forms(*twice) for kind, twice in TOLD_TWICE.items()}

    def all_at_once() -> None:
        for raws in told.values():
            with ThreadPoolExecutor(16) as pool:
                answers = pool.map(
                    lambda number, raws=raws: post(own_web, raws[number % len(raws)]), range(16)
                )
                assert set(answers) == {200}
        assert sorted(row["kind"] for row in db.inbox.find()) == sorted(told)

    all_at_once()
    first = processes(own_web)
    for pid in first - {own_web.processes["web"].pid}:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(processes(own_web) - first) == 2, what="two new processes")
    all_at_once()


DIFFERENT: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "statuses of one message": lambda: [
        about(statuses=[{**STATUS, "status": status}]) for status in ("sent", "delivered", "read")
    ],
    "a preference withdrawn and given again": lambda: [
        about(user_preferences=[{**PREFERENCE, "value": value, "timestamp": 1795510000 + n}])
        for n, value in enumerate(("stop", "resume", "stop"))
    ],
    "events of an account": lambda: [
        webhook("account_update", BAN, 1795510000 + n) for n in range(3)
    ],
    "things without an id": lambda: [webhook("flows", {**FLOW, "flow_id": n}) for n in "123"],
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_only_looks_alike_is_kept_apart(web: Stack, db: mongo.Db, name: str) -> None:
    assert [post(web, body) for body in DIFFERENT[name]()] == [200] * 3
    assert db.inbox.count_documents({}) == 3
