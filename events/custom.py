"""An event that another system told us of: rules, triggers, cancellations and goals."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from campaigns import leaving, start
from campaigns.content import document_of
from campaigns.triggers import Happening
from events import decide
from events.work import Work
from rules.event import Event
from runtime import Runtime
from store import campaigns, deliveries
from store.deliveries import Move
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus, campaign_type


def handle(work: Work, contact: Contact, event_id: str, item: dict[str, Any], at: datetime) -> None:
    """Everything a custom event brings about. Safe to repeat."""
    properties = item.get("properties")
    event = Event(
        id=event_id,
        name=str(item.get("event") or ""),
        at=at,
        properties=properties if isinstance(properties, dict) else {},
    )
    happening = Happening(event.name, at, properties=event.properties)
    start.cancel_waiting(work.rt, contact, work.triggers.cancelled_by(happening))
    leaving.happened(work.rt, work.exits, contact, event_id, happening, work.now)
    reached = _reach_goals(work.rt, contact, event)
    if work.book is None:
        decide.note(work, contact, event, "no rules")
        return
    contact = decide.ask(work, contact, event)
    for delivery in reached:
        if work.book.uses("goal", delivery["campaign"]):
            goal = replace(
                event,
                id=f"{delivery['_id']}:goal",
                name="goal",
                campaign=delivery["campaign"],
                campaign_type=campaign_type(delivery),
                step=delivery["step"],
            )
            contact = decide.ask(work, contact, goal, delivery_id=delivery["_id"])


def _reach_goals(rt: Runtime, contact: Contact, event: Event) -> list[Delivery]:
    """Campaigns whose goal this is, if their message went out within the goal's time.

    Counted once a delivery; the deliveries whose goal it was are named each time, so that a repeat
    after a crash still tells the rules, who hear it once.
    """
    moves = []
    reached = []
    for campaign in campaigns.all_of_them(rt.db):
        goal = document_of(campaign).goal
        if goal is None or goal.event != event.name:
            continue
        delivery = deliveries.latest_of_campaign(rt.db, campaign["_id"], contact["_id"])
        if delivery is None or not delivery["wamid"]:
            continue
        if delivery["times"].get("goal", event.at) != event.at:
            continue  # reached before, by an earlier event
        if event.at - delivery["created_at"] <= timedelta(seconds=goal.within):
            reached.append(delivery)
            moves.append(
                Move(
                    delivery,
                    DeliveryStatus(delivery["status"]),
                    {"times.goal": event.at},
                    {"times.goal": None},
                    {"goals": 1},
                )
            )
    deliveries.move(rt.db, moves)
    return reached
