"""Events handled in the test's own process: the simulator's people write, the test drains."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from campaigns import life, service, templates
from deliveries import send
from events import drain
from rules import publish
from rules.books import Books
from runtime import Runtime
from simulator import server as simulator
from store import inbox
from store.documents.contact import Contact
from tests.clock import NOW
from tests.conftest import control
from webhooks.rows import of_body
from whatsapp.inbound import storable

ASHA, BILAL, CHEN = "919812345670", "14155550123", "6591234567"
RULES = """
intents:
  price: {words: [price, कीमत]}
rules:
  - rule: price_list
    priority: 10
    when: {intent: price}
    then:
      - start_campaign: price_list
      - set_attributes: {last_asked: price}
      - add_to_segment: asked
  - rule: offers
    when: {button: SEE_OFFERS}
    then:
      - reply: {text: "Which?", buttons: [{id: A, title: Pans}, {id: B, title: Pots}]}
  - rule: bad_at_stopping
    priority: 99
    when: {text: STOP}
    then: [{unsuppress: {}}, {reply: "never mind"}]
  - rule: answered
    when: {campaign: price_list, event: replied}
    then: [{set_attributes: {answered: true}}]
  - rule: seen
    when: {campaign: price_list, event: read}
    then: [{add_to_segment: readers}]
"""
PRICE_LIST = {
    "campaign": "price_list",
    "type": "triggered",
    "message": {
        "template": "price_list",
        "language": "en",
        "parameters": {"first_name": "{{ contact.first_name | default('friend') }}"},
        "buttons": {"0": {"payload": "SEE_OFFERS"}},
    },
}


@dataclass
class House:
    """A worker in slow motion. now: the moment at which everything happens."""

    rt: Runtime
    meta: simulator.Handle
    books: Books
    now: datetime = NOW
    seen: set[str] = field(default_factory=set)

    def clock(self) -> datetime:
        return self.now

    def receive(self, body: dict[str, Any]) -> None:
        """A webhook of Meta's is journaled and drained, and what is owed is sent."""
        rows = of_body(json.dumps(body).encode(), self.now)
        inbox.journal(self.rt.db, rows)
        self.drain()

    def drain(self) -> None:
        for _ in range(3):  # an item may be handed to another shard
            for shard in inbox.waiting_shards(self.rt.db, datetime.max.replace(tzinfo=NOW.tzinfo)):
                drain.drain(self.rt, self.books, shard, self.clock)
        send.send_due(self.rt, self.clock)

    def says(self, person: str, text: str, wamid: str | None = None, **more: Any) -> str:
        """A text of a person's; its wamid."""
        return self.writes(person, {"type": "text", "text": {"body": text}}, wamid, **more)

    def taps(self, person: str, payload: str, title: str, quoted: str | None = None) -> str:
        """A quick reply's button."""
        context = {"context": {"from": "1", "id": quoted}} if quoted else {}
        button = {"type": "button", "button": {"payload": payload, "text": title}}
        return self.writes(person, {**button, **context})

    def writes(
        self,
        person: str | None,
        message: dict[str, Any],
        wamid: str | None = None,
        *,
        bsuid: str | None = None,
        at: datetime | None = None,
    ) -> str:
        wamid = wamid or f"wamid.in{len(self.seen)}"
        self.seen.add(wamid)
        who = {"from": person} if person else {}
        who |= {"from_user_id": bsuid} if bsuid else {}
        stamp = str(int((at or self.now).timestamp()))
        item = {**who, "id": wamid, "timestamp": stamp, **message}
        if person:  # Meta knows that the window is open
            control(self.meta, "POST", "people", {"wa_id": person, "name": "Somebody"})
            control(
                self.meta,
                "PATCH",
                f"people/{person}",
                {"last_inbound_at": self.meta.config.clock()},
            )
        self.receive(body("messages", {"messages": [item], "contacts": [profile(person, bsuid)]}))
        return wamid

    def status(self, wamid: str, status: str, **more: Any) -> None:
        """Meta reports on a message of ours."""
        stamp = str(int(self.now.timestamp()))
        item = {"id": wamid, "status": status, "timestamp": stamp, **more}
        self.receive(body("messages", {"statuses": [item]}))

    def sent(self) -> list[dict[str, Any]]:
        """What Meta accepted, oldest first."""
        return list(control(self.meta, "GET", "sent")["sent"])

    def texts(self) -> list[str]:
        """The kind of each accepted message, and a text's words."""
        return [
            one["body"].get("text", {}).get("body")
            or one["body"].get("template", {}).get("name")
            or one["body"]["interactive"]["body"]["text"]
            for one in self.sent()
        ]

    def contact(self, person: str) -> Contact:
        found = self.rt.db.contacts.find_one({"wa_id": person})
        assert found is not None
        return found  # type: ignore[return-value]  # what the collection holds

    def report(self) -> dict[str, Any]:
        """The counters and tallies of the price list's run."""
        run = self.rt.db.runs.find_one({"campaign": "price_list"})
        assert run is not None
        return run


def profile(person: str | None, bsuid: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"profile": {"name": storable("Asha Kulkarni")}}
    return entry | ({"wa_id": person} if person else {}) | ({"user_id": bsuid} if bsuid else {})


def body(field_: str, value: dict[str, Any]) -> dict[str, Any]:
    """A webhook body with one change."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    full = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    change = {"field": field_, "value": full}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


@pytest.fixture
def house(rt: Runtime, meta: simulator.Handle) -> House:
    templates.sync(rt, NOW)
    service.define(rt.db, "price_list", PRICE_LIST, "test", NOW)
    life.start(rt.db, "price_list", "test", NOW)
    publish.publish(rt.db, {"rules.yaml": RULES}, by="test", note="", now=NOW)
    return House(rt, meta, Books(rt.settings))
