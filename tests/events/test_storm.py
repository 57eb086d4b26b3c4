"""A storm of statuses and answers: shuffled, all of it twice, from four senders at once.

What comes of it is what comes of the same in order and once: the report number for number, and each
rule acted exactly once for each recipient. STORM says for how many people, 100 where it is not set.
"""

import copy
import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Flag
from typing import Any

from bson import ObjectId

from contacts.identity import Identity
from contacts.touch import new_contact
from deliveries import tellings
from events import drain
from reports import campaign as reports
from reports import verify
from rules import publish
from rules.books import Books
from store import deliveries, fires, inbox
from store.deliveries import Move
from store.documents.delivery import DeliveryStatus
from tests.clock import NOW
from tests.events.conftest import RULES, House, body
from tests.makers import delivery
from webhooks.door import Door
from webhooks.journal import Journal
from whatsapp.signature import sign
from workers import fires as striking

PEOPLE = int(os.environ.get("STORM", "100"))
SENDERS = DRAINERS = 4
SECRET = "storm"  # of this test alone
RULE = """
rules:
  - rule: storm_sent
    when: {campaign: price_list, event: sent}
    then: [{add_to_segment: sent_to}]
  - rule: storm_failed
    when: {campaign: price_list, event: failed, error_code: 131026}
    then: [{add_to_segment: unreachable}]
  - rule: storm_hot
    when: {campaign: price_list, event: replied, button: INTERESTED}
    then: [{add_to_segment: hot}, {increment: hot}]
  - rule: storm_joined
    when:
      campaign: price_list
      event: {in: [read, replied]}
      delivery.reached: {has: read}
      delivery.buttons: {has: INTERESTED}
    then: [{increment: joined}]
  - rule: storm_unread
    when: {campaign: price_list, event: not_read, after: 24h, delivery.reached: {has: delivered}}
    then: [{increment: unread}]
  - rule: storm_gone
    when: {campaign: price_list, event: opted_out}
    then: [{set_attributes: {left: true}}]
"""
World = tuple[list[Any], list[Any]]  # contacts, and the delivery of each
_DEFINED = {
    "campaigns",
    "runs",
    "rule_versions",
    "templates",
    "migrations",
    "attributes",
    "senders",
}


def world(house: House) -> World:
    """PEOPLE who were sent the price list, and their deliveries."""
    run = house.report()["_id"]
    contacts, rows = [], []
    for place in range(PEOPLE):
        wa_id = f"9198{place:08d}"
        contacts.append(new_contact(Identity(wa_id=wa_id), "Somebody", "test", NOW))
        rows.append(
            delivery(
                cause=f"run:{run}",
                contact_id=contacts[-1]["_id"],
                purpose="campaign",
                campaign="price_list",
                run_id=run,
                wamid=f"wamid.out{place}",
                status=DeliveryStatus.SENDING,
                times={"sending": NOW},
            )
        )
    return contacts, rows


def happens(wa_id: str, row: Any, place: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(second, field of the value, item) of all that one person's message brings about."""
    chance = random.Random(place)

    def status(at: int, name: str, **more: Any) -> tuple[int, str, dict[str, Any]]:
        about = {"recipient_id": wa_id, "biz_opaque_callback_data": str(row["_id"])}
        return at, "statuses", {"id": row["wamid"], "status": name, **about, **more}

    def said(at: int, what: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
        return at, "messages", {"from": wa_id, "id": f"wamid.in{place}.{at}", **what}

    def taps(at: int, payload: str) -> tuple[int, str, dict[str, Any]]:
        button = {"type": "button", "button": {"payload": payload, "text": payload.title()}}
        return said(at, {**button, "context": {"from": "1", "id": row["wamid"]}})

    yield status(1, "sent", pricing={"category": "marketing", "billable": True, "type": "regular"})
    if chance.random() < 0.05:
        yield status(5, "failed", errors=[{"code": 131026, "title": "undeliverable"}])
        return
    yield status(5 + chance.randrange(600), "delivered")
    if chance.random() < 0.6:
        yield status(1_000 + chance.randrange(600), "read")
    if chance.random() < 0.3:
        yield taps(2_000, "INTERESTED")
    if chance.random() < 0.1:
        yield taps(2_500, "MORE")
    if chance.random() < 0.2:
        yield said(3_000, {"type": "text", "text": {"body": "thank you"}})
    if chance.random() < 0.1:
        yield said(4_000, {"type": "text", "text": {"body": "STOP"}})


def bodies(people: World) -> list[bytes]:
    """All that happens as Meta would tell of it, in order."""
    happened: list[tuple[int, int, bytes]] = []
    start = int(NOW.timestamp())
    for place, (contact, row) in enumerate(zip(*people, strict=True)):
        for at, kind, item in happens(contact["wa_id"], row, place):
            stamped = {**item, "timestamp": str(start + at)}
            profile = {"wa_id": contact["wa_id"], "profile": {"name": "Somebody"}}
            value: dict[str, Any] = {kind: [stamped]}
            value |= {"contacts": [profile]} if kind == "messages" else {}
            happened.append((at, place, json.dumps(body("messages", value)).encode()))
    return [raw for _, _, raw in sorted(happened)]


def begin(house: House, people: World) -> None:
    """The world as it stood when all of it had been sent."""
    db = house.rt.db
    for name in set(db.list_collection_names()) - _DEFINED:
        db[name].delete_many({})
    contacts, rows = copy.deepcopy(people)
    db.contacts.insert_many(contacts)
    db.deliveries.insert_many(rows)
    counted = {"counters": {"sending": PEOPLE}, "tallies": {}}
    db.runs.update_one({"_id": house.report()["_id"]}, {"$set": counted})
    for first in range(0, PEOPLE, 500):
        taken = {"times.accepted": NOW, "status_at": NOW}
        part = [
            Move(row, DeliveryStatus.ACCEPTED, taken, tallies={"reached.accepted": 1})
            for row in rows[first : first + 500]
        ]
        assert len(deliveries.move(db, part)) == len(part)
    fires.schedule(db, list(tellings.deadlines(tellings.Asked(db), rows)))


def blow(house: House, raws: Sequence[bytes], senders: int, drainers: int) -> None:
    """So many webhooks at once, while so many workers drain what came; then time goes by."""
    journal = Journal(house.rt.db, after=lambda _shards, _said: None)
    door = Door([SECRET], journal)
    over = Flag()

    def send(part: Sequence[bytes]) -> None:
        for raw in part:
            door.take(raw, sign(raw, SECRET)).wait()

    def work() -> None:
        late = NOW + timedelta(days=365)
        books = Books(house.rt.settings)
        while True:
            last = over.is_set()
            shards = inbox.waiting_shards(house.rt.db, late)
            random.shuffle(shards)
            for shard in shards:
                drain.drain(house.rt, books, shard, house.clock)
            if last and not shards:
                return

    with ThreadPoolExecutor(senders + drainers) as pool:
        working = [pool.submit(work) for _ in range(drainers)]
        sent = list(pool.map(send, (raws[place::senders] for place in range(senders))))
        assert len(sent) == senders
        over.set()
        for one in working:
            one.result()
    striking.strike(house.rt, lambda: NOW + timedelta(hours=25))
    for shard in inbox.waiting_shards(house.rt.db, NOW + timedelta(days=365)):
        drain.drain(house.rt, house.books, shard, house.clock)


def outcome(house: House) -> dict[str, Any]:
    """The report, what became of each person, and which rule acted for whom."""
    db = house.rt.db
    report = reports.of_campaign(db, "price_list", house.rt.settings.timezone)
    assert report is not None
    acted: Counter[tuple[ObjectId, str]] = Counter()
    for event in db.events.find({"delivery_id": {"$ne": None}}):
        if event["decision"] and event["name"] != "message":
            acted.update((event["delivery_id"], rule) for rule in event["decision"]["rules"])
    return {
        "report": {name: value for name, value in report.items() if name != "runs"},
        "acted": acted,
        "people": {
            row["wa_id"]: (sorted(row["segments"]), dict(sorted(row["attributes"].items())))
            for row in db.contacts.find()
        },
        "suppressed": db.suppressions.count_documents({}),
        "confirmed": db.deliveries.count_documents({"purpose": "confirmation"}),
        "waiting": db.inbox.count_documents({"state": {"$ne": "done"}}),
    }


def test_a_storm_comes_to_the_same_as_the_ordered_stream(house: House) -> None:
    house.says("6591234567", "price")  # which makes the campaign's run
    files = {"rules.yaml": RULES, "storm.yaml": RULE}
    publish.publish(house.rt.db, files, by="test", note="", now=house.now)
    house.books = Books(house.rt.settings)
    house.now = NOW + timedelta(hours=2)
    people = world(house)
    raws = bodies(people)

    begin(house, people)
    blow(house, raws, 1, 1)
    in_order = outcome(house)
    stormy = [*raws, *raws]
    random.Random(1).shuffle(stormy)
    begin(house, people)
    blow(house, stormy, SENDERS, DRAINERS)
    in_storm = outcome(house)

    assert in_order["waiting"] == 0
    assert set(in_order["acted"].values()) == {1}
    assert {rule for _, rule in in_order["acted"]} >= {"storm_joined", "storm_unread", "storm_gone"}
    for what, stood in in_order.items():
        assert in_storm[what] == stood, what
    assert not list(verify.problems(house.rt.db))
