"""Small makers of what tests need: the shortest document that is whole."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from contacts.identity import Identity
from contacts.touch import new_contact
from deliveries.outbox import Order
from store import contacts, mongo
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus, Purpose, stage_of
from store.documents.inbox import InboxItem, InboxKind, InboxState
from tests.clock import NOW

ASHA, BILAL, CHEN = "919812345670", "14155550123", "6591234567"
HELLO = {
    "type": "template",
    "template": {
        "name": "hello_world",
        "language": {"policy": "deterministic", "code": "en_US"},
    },
}


def make_contact(db: mongo.Db, wa_id: str = ASHA, **fields: Any) -> Contact:
    """A contact that is kept, with `fields` on top."""
    contact = new_contact(Identity(wa_id=wa_id), "Somebody", "test", NOW)
    contact.update(fields)  # type: ignore[typeddict-item]  # a test's own choice
    assert contacts.insert(db, contact)
    return contact


def order(contact: Contact, cause: str = "event:1:rule:hi", **fields: Any) -> Order:
    """A message we owe `contact`: hello_world, as a reply, due now."""
    given: dict[str, Any] = {
        "cause": cause,
        "contact_id": contact["_id"],
        "purpose": Purpose.REPLY,
        "category": "utility",
        "message": HELLO,
        "due_at": NOW,
    }
    return Order(**{**given, **fields})


def delivery(**fields: Any) -> Delivery:
    """A delivery that Meta accepted, not kept anywhere."""
    made: dict[str, Any] = {
        "_id": ObjectId(),
        "cause": "event:1:rule:hi",
        "contact_id": ObjectId(),
        "step": 0,
        "purpose": Purpose.REPLY,
        "campaign": None,
        "run_id": None,
        "category": "utility",
        "message": HELLO,
        "ignores": [],
        "status": DeliveryStatus.ACCEPTED,
        "stage": None,
        "status_at": NOW,
        "due_at": NOW,
        "attempts": 1,
        "lease": None,
        "wamid": "wamid.1",
        "reason": None,
        "error": None,
        "times": {"sending": NOW, "accepted": NOW},
        "pricing": None,
        "reply": None,
        "clicks": [],
        "triggered_by": {},
        "created_at": NOW,
    }
    made |= {"stage": stage_of(fields["status"])} if "status" in fields else {}
    return {**made, **fields}  # type: ignore[typeddict-item]  # a test's own choice


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    """A moment of the test's month, UTC."""
    return NOW.replace(day=day, hour=hour, minute=minute)


def item(key: str, age: timedelta) -> InboxItem:
    """A journaled row of nobody's in shard 7, received so long ago."""
    then = datetime.now(UTC) - age
    return {
        "_id": key,
        "kind": InboxKind.OTHER,
        "shard": 7,
        "who": "",
        "at": then,
        "received_at": then,
        "payload": "{}",
        "state": InboxState.NEW,
        "tries": 0,
    }


def many(db: mongo.Db, count: int) -> None:
    """Recorded messages, half of which ask what it costs; many are recorded at one moment."""
    person = ObjectId()
    db.events.insert_many(
        {
            "_id": f"m:{n}", "name": "message", "contact_id": person, "at": NOW,
            "recorded_at": NOW - timedelta(seconds=n // 700), "text": ("cost", "hello")[n % 2],
            "button": None, "message_type": "text", "campaign": None, "delivery_id": None,
            "properties": {}, "handled": None, "decision": None, "actions": [],
        }
        for n in range(count)
    )  # fmt: skip
