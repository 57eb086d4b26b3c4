"""Let the rules see one event, do what they say, and keep what was decided and what came of it."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from bson import ObjectId

from campaigns import start
from config import logs, metrics
from events.actions import NotPerformableError, Round, launch, perform
from rules.book import Decision, RuleBook, RuleHit
from rules.event import MESSAGE, ContactFacts, Event
from rules.intents import IntentMatch
from runtime import Runtime
from store import events
from store.documents.contact import Contact
from store.documents.event import ActionRecord, EventRecord

log = logs.get(__name__)


def facts_of(contact: Contact) -> ContactFacts:
    """What rules may know of a contact. Pure."""
    return ContactFacts(
        attributes=contact["attributes"],
        segments=frozenset(contact["segments"]),
        language=contact["language"],
        country=contact["country"],
        timezone=contact["timezone"],
    )


def handle(
    rt: Runtime,
    book: RuleBook,
    contact: Contact,
    event: Event,
    now: datetime,
    *,
    delivery_id: ObjectId | None = None,
    message_type: str | None = None,
) -> Round:
    """Decide `event` and act on it; the contact as it stands afterwards is in the answer.

    Safe to repeat: an event that was decided before keeps its decision, whatever rules are
    published now, and each action is done once. An action that fails does not stop the others.
    """
    decision = book.decide(event, facts_of(contact), now)
    metrics.decided(matched=bool(decision.hits))
    fresh = record_of(event, contact, now, delivery_id=delivery_id, message_type=message_type)
    fresh["decision"] = _written(decision)
    standing = events.keep(rt.db, fresh)
    on = Round(rt, contact, event, decision.rule_version, now)
    if standing is not fresh:
        decision = _as_decided(book, decision, standing)
    if not standing["actions"] and (done := _act(on, decision)):
        events.acted(rt.db, event.id, done)
    return on


def _as_decided(book: RuleBook, now: Decision, standing: EventRecord) -> Decision:
    """The decision that was made when the event was first seen; a crash may have come since."""
    decided = standing["decision"] or {}
    return replace(
        now,
        hits=book.hits_named(decided.get("rules", ())),
        intents=tuple(IntentMatch(**match) for match in decided.get("intents", ())),
    )


def note(
    rt: Runtime,
    contact: Contact,
    event: Event,
    now: datetime,
    *,
    handled: str,
    delivery_id: ObjectId | None = None,
    message_type: str | None = None,
) -> EventRecord:
    """Keep an event that no rule is asked about, and by what it was handled. Safe to repeat."""
    record = record_of(event, contact, now, delivery_id=delivery_id, message_type=message_type)
    record["handled"] = handled
    return events.keep(rt.db, record)


def record_of(
    event: Event,
    contact: Contact,
    now: datetime,
    *,
    delivery_id: ObjectId | None,
    message_type: str | None,
) -> EventRecord:
    """The row for an event about which nothing was decided yet. Pure."""
    return {
        "_id": event.id,
        "name": event.name,
        "contact_id": contact["_id"],
        "at": event.at,
        "recorded_at": now,
        "text": event.text,
        "button": event.button,
        "message_type": message_type,
        "campaign": event.campaign,
        "delivery_id": delivery_id,
        "properties": dict(event.properties),
        "handled": None,
        "decision": None,
        "actions": [],
    }


def _written(decision: Decision) -> dict[str, Any]:
    return {
        "rule_version": decision.rule_version,
        "engine": decision.engine,
        "intents": [asdict(match) for match in decision.intents],
        "rules": [hit.rule for hit in decision.hits],
    }


def _act(on: Round, decision: Decision) -> list[ActionRecord]:
    """Do what the rules that hold want done, then what the campaigns' own triggers start."""
    done = [record for hit in decision.hits for record in _of_rule(on, hit)]
    done.extend(
        _record(f"trigger of {name}", {"start_campaign": name}, launch(on, name, None))
        for name in _own_triggers(on, decision)
    )
    return done


def _own_triggers(on: Round, decision: Decision) -> list[str]:
    event = on.event
    if event.campaign is not None and event.name != MESSAGE:
        return []  # what became of a campaign starts others by rules alone
    return start.triggered_by(
        on.rt,
        intents=frozenset(match.name for match in decision.intents),
        event=event.name,
        button=event.button,
    )


def _of_rule(on: Round, hit: RuleHit) -> list[ActionRecord]:
    on.rule = hit.rule
    done = []
    for place, action in enumerate(hit.actions):
        on.place = place
        shown = {action.kind: action.model_dump(mode="json", by_alias=True, exclude_none=True)}
        try:
            done.append(_record(hit.rule, shown, perform(on, action)))
        except NotPerformableError as error:
            log.exception("an action cannot be carried out", rule=hit.rule, action=action.kind)
            done.append({**_record(hit.rule, shown, str(error)), "outcome": "failed"})
    return done


def _record(rule: str, action: dict[str, Any], detail: str) -> ActionRecord:
    return {"rule": rule, "action": action, "outcome": "done", "detail": detail}
