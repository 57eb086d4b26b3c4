"""A shop that owes messages, and a clock that its tests turn."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns import templates
from deliveries import outbox, send
from deliveries.outbox import Order
from events import drain
from reports import verify
from rules.books import Books
from runtime import Runtime
from simulator import server as simulator
from store import inbox
from store.documents.contact import Contact
from store.documents.delivery import Delivery
from tests.clock import NOW
from tests.conftest import control
from tests.events.conftest import body
from tests.makers import CHEN, make_contact, order
from webhooks.rows import of_body


@dataclass
class Shop:
    """now: the moment at which everything happens."""

    rt: Runtime
    meta: simulator.Handle
    chen: Contact
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def faults(self, **faults: Any) -> None:
        control(self.meta, "PUT", "faults", faults)

    def next(self, *kinds: str | int) -> None:
        """What the next sends meet: a kind of fault, or one of Meta's codes."""
        self.faults(
            next=[
                {"kind": "error", "code": one} if isinstance(one, int) else {"kind": one}
                for one in kinds
            ]
        )

    def owe(self, cause: str = "event:1:rule:hi", **fields: Any) -> Delivery:
        owed: Order = order(self.chen, cause, due_at=self.now, **fields)
        return outbox.owe(self.rt.db, owed, self.now)[0]

    def send(self) -> int:
        return send.send_due(self.rt, self.clock)

    def row(self, delivery: Delivery) -> Delivery:
        found = self.rt.db.deliveries.find_one({"_id": delivery["_id"]})
        assert found is not None
        return found  # type: ignore[return-value]  # what the collection holds

    def sent(self) -> int:
        """How many messages Meta accepted."""
        return int(control(self.meta, "GET", "counts")["accepted"])

    def asked(self) -> int:
        """How many POSTs came to Meta's door."""
        return int(control(self.meta, "GET", "counts")["requests"])

    def status(self, status: str, wamid: str, **more: Any) -> None:
        """Meta reports on a message, and a worker handles it."""
        stamp = str(int(self.now.timestamp()))
        item = {"id": wamid, "status": status, "timestamp": stamp, **more}
        raw = json.dumps(body("messages", {"statuses": [item]})).encode()
        inbox.journal(self.rt.db, of_body(raw, self.now))
        books = Books(self.rt.settings)
        for shard in inbox.waiting_shards(self.rt.db, datetime.max.replace(tzinfo=NOW.tzinfo)):
            drain.drain(self.rt, books, shard, self.clock)


@pytest.fixture
def shop(rt: Runtime, meta: simulator.Handle) -> Iterator[Shop]:
    templates.sync(rt, NOW)
    made = Shop(rt, meta, make_contact(rt.db, CHEN))
    yield made
    assert verify.problems(rt.db) == []
