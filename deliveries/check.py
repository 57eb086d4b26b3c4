"""Take what is due through the gate, a batch at a time: what may be sent, what not, what later."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId

from config import logs, metrics, tracing
from config.settings import Settings
from deliveries import caps, reach
from deliveries.gate import (
    ANSWERING,
    REPLY_LOOP,
    Policy,
    Refusal,
    Standing,
    category_of,
    refusal,
)
from runtime import Runtime
from store import campaigns, contacts, deliveries, due, loops, mongo, suppressions, templates
from store.deliveries import Move
from store.documents.contact import Contact
from store.documents.delivery import Delivery, DeliveryStatus
from store.documents.suppression import Scope
from store.documents.template import Template

log = logs.get(__name__)


@dataclass(slots=True)
class Sorted:
    """A batch after the gate. Contacts by id, for the addresses."""

    allowed: list[Delivery] = field(default_factory=list)
    refused: list[tuple[Delivery, Refusal]] = field(default_factory=list)
    contacts: dict[ObjectId, Contact] = field(default_factory=dict)


def policy(settings: Settings) -> Policy:
    """What the workspace set, as the gate wants it."""
    return Policy(
        quiet_hours=settings.quiet_hours,
        caps=settings.caps(),
        require_opt_in=settings.require_opt_in,
        timezone=settings.timezone,
        reply_limit=settings.reply_limit,
        reply_limit_any=settings.reply_limit_any,
    )


def sort(rt: Runtime, batch: Sequence[Delivery], now: datetime) -> Sorted:
    """Ask the gate about each delivery, with everything it looks at read in a few queries."""
    begun = tracing.clock()
    result = Sorted(contacts=contacts.by_ids(rt.db, (d["contact_id"] for d in batch)))
    held_back = scopes(rt.db, result.contacts.values(), now)
    known = _templates(rt, batch)
    others = campaigns.competing(rt.db, {d["campaign"] for d in batch if d["campaign"]})
    rules = policy(rt.settings)
    had = caps.had(rt.db, batch, rules, now, others)
    answers = _answers(rt, batch, rules, now)
    for delivery in batch:
        person = delivery["contact_id"]
        contact = result.contacts.get(person)
        template = known.get(_template_key(delivery))
        category = category_of(delivery, template)
        own = others.get(delivery["campaign"] or "")
        refused = refusal(
            Standing(
                delivery=delivery,
                contact=contact,
                suppressed=held_back.get(contact["_id"]) if contact else None,
                template=template,
                recent=had[person].at[category],
                policy=rules,
                now=now,
                campaign=own.state if own else None,
                ahead=caps.ahead(had[person], category, own, others),
                answers=answers.get(person, ()),
            )
        )
        said = refused.reason if refused else "allowed"
        tracing.record("gate", delivery.get("trace"), begun, result=said)
        if refused is not None:
            result.refused.append((delivery, refused))
            continue
        if delivery["purpose"] in ANSWERING:
            answers[person].append((now, delivery["message"]))
        had[person].at[category].append(now)
        delivery["category"] = category  # as it is claimed, so that the cap counts it
        result.allowed.append(delivery)
    _within_limit(rt, result, now)
    return result


def _within_limit(rt: Runtime, result: Sorted, now: datetime) -> None:
    """Meta's limit comes last: it is used up by what is really about to leave."""
    held_back = reach.hold_back(rt, result.allowed, result.contacts, now)
    if held_back:
        gone = {delivery["_id"] for delivery, _ in held_back}
        result.allowed = [one for one in result.allowed if one["_id"] not in gone]
        result.refused += held_back


def preview(rt: Runtime, delivery: Delivery, contact: Contact, now: datetime) -> Refusal | None:
    """What the gate would say now of a message that nobody owes yet. Reads only.

    contact: as they would be, who may not be kept either.
    """
    rules = policy(rt.settings)
    campaign = delivery["campaign"] or ""
    template = _templates(rt, [delivery]).get(_template_key(delivery))
    theirs = caps.had(rt.db, [delivery], rules, now)[contact["_id"]]
    return refusal(
        Standing(
            delivery=delivery,
            contact=contact,
            suppressed=scopes(rt.db, [contact], now).get(contact["_id"]),
            template=template,
            recent=theirs.at[category_of(delivery, template)],
            policy=rules,
            now=now,
            campaign=campaigns.states(rt.db, [campaign]).get(campaign) if campaign else None,
            answers=_answers(rt, [delivery], rules, now)[contact["_id"]],
        )
    )


def record(rt: Runtime, refused: Sequence[tuple[Delivery, Refusal]], now: datetime) -> None:
    """Keep each refusal with its name: some for good, some until later. Safe to repeat."""
    moves = []
    for delivery, why in refused:
        if why.until is not None:
            due.release(rt.db, [delivery], why.until, why.reason)
            continue
        fields = {"reason": why.reason, "status_at": now, "lease": None}
        tallies = {f"skipped.{why.reason}": 1}
        moves.append(Move(delivery, DeliveryStatus.SKIPPED, fields, tallies=tallies))
    deliveries.move(rt.db, moves)
    _tell_of_loops(rt, [one for one, why in refused if why.reason == REPLY_LOOP], now)


def _tell_of_loops(rt: Runtime, cut: Sequence[Delivery], now: datetime) -> None:
    """Somebody should look who it is that answers our answers."""
    if not cut:
        return
    loops.note(rt.db, [delivery["contact_id"] for delivery in cut], now)
    metrics.REPLIES_CUT.inc(len(cut))
    for delivery in cut:
        log.warning("an answer was cut as part of a loop", delivery_id=str(delivery["_id"]))


def scopes(db: mongo.Db, people: Iterable[Contact], now: datetime) -> dict[ObjectId, Scope]:
    """{contact's _id: what is held back for them at `now`}, in one query."""
    names = {
        name: contact["_id"]
        for contact in people
        for name in suppressions.identities(contact["wa_id"], contact["bsuid"])
    }
    found: dict[ObjectId, Scope] = {}
    for name, row in suppressions.find(db, names).items():
        scope = suppressions.standing(row, now)
        if scope is not None and found.get(names[name]) is not Scope.ALL:
            found[names[name]] = Scope(scope)
    return found


def _templates(rt: Runtime, batch: Sequence[Delivery]) -> dict[str, Template]:
    wanted = {key for delivery in batch if (key := _template_key(delivery))}
    return {key: row for key in wanted if (row := templates.find(rt.db, *key.split(":", 1)))}


def _template_key(delivery: Delivery) -> str:
    template = delivery["message"].get("template")
    return f"{template['name']}:{template['language']['code']}" if template else ""


def _answers(
    rt: Runtime, batch: Sequence[Delivery], rules: Policy, now: datetime
) -> dict[ObjectId, list[tuple[datetime, Mapping[str, Any]]]]:
    """{contact: when they were answered lately, and with what}; in one query, and in none for a
    batch that answers nobody."""
    found: dict[ObjectId, list[tuple[datetime, Mapping[str, Any]]]] = defaultdict(list)
    people = {d["contact_id"] for d in batch if d["purpose"] in ANSWERING}
    caps = [cap for cap in (rules.reply_limit, rules.reply_limit_any) if cap is not None]
    if people and caps:
        since = now - max(cap.period for cap in caps)
        for contact_id, at, said in deliveries.answers_since(rt.db, people, ANSWERING, since):
            found[contact_id].append((at, said))
    return found
