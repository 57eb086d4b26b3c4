"""Campaigns, runs, people and deliveries, made by the store's own functions."""

from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from store import campaigns, contacts, deliveries, mongo
from store.deliveries import Move
from store.documents.campaign import Campaign, CampaignState, Run
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Delivery, DeliveryStatus, Purpose, Whom
from tests.clock import NOW

# The way a message goes, and so what it has reached at each place.
WAY = [
    DeliveryStatus.ACCEPTED,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
]


def campaign(
    db: mongo.Db,
    name: str = "diwali_offer",
    state: CampaignState = CampaignState.ACTIVE,
    kind: str = "one_time",
    **definition: Any,
) -> Campaign:
    """A campaign, kept."""
    row = Campaign(
        _id=name,
        type=kind,
        definition={
            "campaign": name,
            "type": kind,
            "message": {"template": name, "language": "en"},
            "audience": {"segments": ["vip"]},
            **definition,
        },
        version=1,
        state=state,
        reason=None,
        run_id=None,
        history=[],
        created_at=NOW,
        updated_at=NOW,
    )
    assert campaigns.insert(db, row)
    return row


def run(
    db: mongo.Db,
    name: str = "diwali_offer",
    number: int = 1,
    excluded: dict[str, int] | None = None,
) -> Run:
    """A run of it, kept."""
    row = Run(
        _id=ObjectId(),
        campaign=name,
        version=1,
        number=number,
        started_at=NOW,
        ended_at=None,
        counters={},
        tallies={},
        excluded=excluded or {},
    )
    campaigns.insert_run(db, row)
    return row


def contact(db: mongo.Db, wa_id: str, name: str) -> Contact:
    """A person, kept."""
    row = Contact(
        _id=ObjectId(),
        wa_id=wa_id,
        bsuid=None,
        name=name,
        username=None,
        language="en",
        country="IN",
        timezone="Asia/Kolkata",
        attributes={},
        segments=["vip"],
        consent={"state": OptIn.YES, "source": "import", "at": NOW},
        window_until=None,
        last_inbound_at=None,
        shard=0,
        created_at=NOW,
        updated_at=NOW,
    )
    assert contacts.insert(db, row)
    return row


def owed(
    run: Run | None,
    contact_id: ObjectId | None = None,
    cause: str | None = None,
    step: int = 0,
    of: Whom | None = None,
) -> Delivery:
    """A delivery, not yet kept. of: what reports tell its person apart by."""
    delivery_id = ObjectId()
    return Delivery(
        of=of or {},
        _id=delivery_id,
        cause=cause or f"event:{delivery_id}:campaign:diwali_offer",
        contact_id=contact_id or ObjectId(),
        step=step,
        purpose=Purpose.CAMPAIGN,
        campaign=run["campaign"] if run else None,
        run_id=run["_id"] if run else None,
        category="marketing",
        message={"template": {"name": "diwali_offer", "language": "en"}},
        status=DeliveryStatus.PENDING,
        stage="owed",
        status_at=NOW,
        due_at=NOW,
        attempts=0,
        lease=None,
        wamid=None,
        reason=None,
        error=None,
        times={},
        pricing=None,
        reply=None,
        clicks=[],
        triggered_by={},
        ignores=[],
        created_at=NOW,
    )


def owe(db: mongo.Db, run: Run | None, contact_id: ObjectId | None = None, **more: Any) -> Delivery:
    """A delivery, kept."""
    delivery, new = deliveries.owe(db, owed(run, contact_id, **more))
    assert new
    return delivery


def bring(
    db: mongo.Db, delivery: Delivery, to: DeliveryStatus, at: datetime = NOW, code: int = 131026
) -> bool:
    """Move a delivery as it stands in `delivery` to `to`, with what belongs to that."""
    return delivery["_id"] in deliveries.move(db, [moving(delivery, to, at, code)])


def moving(delivery: Delivery, to: DeliveryStatus, at: datetime = NOW, code: int = 131026) -> Move:
    """The move that the sender or a status report would make."""
    fields: dict[str, Any] = {"status_at": at, f"times.{to}": at, "lease": None}
    tallies: dict[str, int] = {}
    if to is DeliveryStatus.SKIPPED:
        fields["reason"] = "suppressed"
        tallies["skipped.suppressed"] = 1
    if to is DeliveryStatus.FAILED:
        fields["error"] = {"code": code, "title": "Message undeliverable", "at": at}
        tallies[f"failed.{code}"] = 1
    if to is DeliveryStatus.SENDING:
        fields["lease"] = {"token": "t", "until": at + timedelta(minutes=1)}
    if to in WAY or to is DeliveryStatus.PLAYED:
        fields["wamid"] = delivery["wamid"] or f"wamid.{delivery['_id']}"
        since = WAY.index(delivery["status"]) + 1 if delivery["status"] in WAY else 0
        for status in WAY[since : WAY.index(to) + 1] if to in WAY else WAY[since:]:
            tallies[f"reached.{status}"] = 1
            fields[f"times.{status}"] = at
    return Move(delivery, to, fields, tallies=tallies)


def brought(
    db: mongo.Db, of: Run, to: DeliveryStatus, contact_id: ObjectId | None = None, **more: Any
) -> Delivery:
    """A delivery that is owed, sent, and stands at `to`."""
    delivery = owe(db, of, contact_id)
    if to is not DeliveryStatus.PENDING:
        assert bring(db, delivery, to, **more)
    return deliveries.find(db, [delivery["_id"]])[delivery["_id"]]


def answered(db: mongo.Db, run: Run, button: str, **more: Any) -> Delivery:
    """A delivery that was read, priced by Meta, and answered by a button."""
    delivery = owe(db, run, **more)
    read = moving(delivery, DeliveryStatus.READ)
    pricing = {"category": "marketing", "type": "regular", "billable": True}
    reply = {"at": NOW, "wamid": "wamid.r", "attribution": "exact", "button": button, "text": None}
    tallies = {"replied": 1, "clicked": 1, f"button.{button}": 1}
    tallies |= {"cost.marketing.count": 1, "cost.marketing.billable": 1}
    moved = Move(
        delivery,
        DeliveryStatus.READ,
        {**read.fields, "pricing": pricing, "reply": reply, "times.clicked": NOW},
        tallies={**read.tallies, **tallies},
        clicks=(button,),
    )
    assert delivery["_id"] in deliveries.move(db, [moved])
    return deliveries.find(db, [delivery["_id"]])[delivery["_id"]]
