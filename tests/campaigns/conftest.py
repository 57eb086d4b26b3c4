"""A one-time campaign and the people it is for, on a clock that its tests turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns import ending, launch, life, service, templates
from deliveries import send
from reports import verify
from runtime import Runtime
from simulator import server as simulator
from store.documents.campaign import Campaign, Run
from store.documents.contact import Contact
from tests.campaigns.drips import School
from tests.clock import NOW
from tests.conftest import control
from tests.makers import make_contact

OFFER: dict[str, Any] = {
    "campaign": "diwali_offer",
    "type": "one_time",
    "message": {
        "template": "price_list",
        "language": "en",
        "parameters": {"first_name": "{{ contact.first_name | default('friend') }}"},
    },
    "audience": {"segments": ["vip", "pune"]},
}
AGREED = {"state": "yes", "source": "import", "at": NOW}


@dataclass
class Market:
    """now: the moment at which everything happens."""

    rt: Runtime
    meta: simulator.Handle
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def person(self, number: int, **fields: Any) -> Contact:
        """Somebody in Pune who agreed to marketing."""
        given = {"segments": ["vip"], "consent": AGREED, "timezone": "Asia/Kolkata", **fields}
        return make_contact(self.rt.db, f"9198{number:08d}", **given)

    def people(self, count: int) -> list[Contact]:
        return [self.person(number) for number in range(count)]

    def define(self, **changes: Any) -> Campaign:
        document = {**OFFER, **changes}
        return service.define(self.rt.db, document["campaign"], document, "asha", self.now)

    def start(self, **changes: Any) -> Campaign:
        self.define(**changes)
        return life.start(self.rt.db, "diwali_offer", "asha", self.now)

    def launch(self) -> int:
        return launch.launch_due(self.rt, self.clock)

    def send(self) -> int:
        return send.send_due(self.rt, self.clock)

    def tick(self) -> None:
        """All that workers and clock would do now."""
        self.launch()
        self.send()
        ending.sweep(self.rt, self.now)

    def campaign(self) -> Campaign:
        return service.find(self.rt.db, "diwali_offer")

    def run(self) -> Run:
        """The latest run."""
        found: Any = self.rt.db.runs.find_one(sort=[("number", -1)])
        assert found is not None
        return found  # type: ignore[no-any-return]  # what the collection holds

    def counters(self) -> dict[str, int]:
        return {status: count for status, count in self.run()["counters"].items() if count}

    def got(self) -> dict[str, int]:
        """{wa_id: messages that Meta accepted for them}."""
        return dict(control(self.meta, "GET", "counts")["by_recipient"])


@pytest.fixture
def market(rt: Runtime, meta: simulator.Handle) -> Iterator[Market]:
    templates.sync(rt, NOW)
    made = Market(rt, meta)
    yield made
    assert verify.problems(rt.db) == []


@pytest.fixture
def school(rt: Runtime, meta: simulator.Handle) -> Iterator[School]:
    templates.sync(rt, NOW)
    made = School(rt, meta)
    yield made
    assert verify.problems(rt.db) == []
