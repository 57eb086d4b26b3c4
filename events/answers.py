"""Whose message a person answers: attribution, and the reply kept with the delivery, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.start import document_of
from runtime import Runtime
from store import campaigns, deliveries, keys
from store.deliveries import Move
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus
from whatsapp.inbound import Message


@dataclass(frozen=True, slots=True)
class Answered:
    """The delivery that was answered. attribution: exact | window."""

    delivery: Delivery
    attribution: str


def answered_by(rt: Runtime, contact: Contact, message: Message) -> Answered | None:
    """The delivery that `message` answers.

    A button or a quoted reply belongs to that very message; free text to the last campaign within
    its `reply_window`.
    """
    if message.quoted:
        quoted = deliveries.by_wamid(rt.db, [message.quoted]).get(message.quoted)
        if quoted is not None and quoted["contact_id"] == contact["_id"]:
            return Answered(quoted, "exact")
    for delivery in deliveries.last_campaign_message(rt.db, contact["_id"], message.at):
        campaign = campaigns.find(rt.db, delivery["campaign"] or "")
        if campaign is None:
            continue
        window = timedelta(seconds=document_of(campaign).reply_window)
        sent_at = min(delivery["times"].values(), default=delivery["created_at"])
        return Answered(delivery, "window") if message.at - sent_at <= window else None
    return None


def keep_reply(rt: Runtime, answered: Answered, message: Message) -> None:
    """Count the answer once a delivery, and each of its buttons once. Safe to repeat."""
    delivery = answered.delivery
    status = DeliveryStatus(delivery["status"])
    if delivery["reply"] is None:
        reply = {
            "at": message.at,
            "wamid": message.wamid,
            "attribution": answered.attribution,
            "button": message.button,
            "text": message.text,
        }
        deliveries.move(
            rt.db, [Move(delivery, status, {"reply": reply}, {"reply": None}, {"replied": 1})]
        )
    if message.button and answered.attribution == "exact":
        keep_click(rt, delivery, message.button)


def keep_click(rt: Runtime, delivery: Delivery, button: str) -> None:
    """Count a tapped button once a delivery. Safe to repeat."""
    if button in delivery["clicks"]:
        return
    tallies = {f"button.{keys.safe(button)}": 1}
    if not delivery["clicks"]:
        tallies["clicked"] = 1
    deliveries.move(
        rt.db,
        [
            Move(
                delivery,
                DeliveryStatus(delivery["status"]),
                guard={"clicks": delivery["clicks"]},
                tallies=tallies,
                clicks=(button,),
            )
        ],
    )


def count_opt_out(rt: Runtime, delivery: Delivery, at: datetime) -> None:
    """The person left because of this message; counted once a delivery. Safe to repeat."""
    if "opted_out" in delivery["times"]:
        return
    deliveries.move(
        rt.db,
        [
            Move(
                delivery,
                DeliveryStatus(delivery["status"]),
                {"times.opted_out": at},
                {"times.opted_out": None},
                {"opted_out": 1},
            )
        ],
    )
