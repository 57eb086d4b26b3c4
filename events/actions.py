"""Do what a rule asks for. Every action may be repeated: done twice is done once."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns import enrolling, leaving, start
from campaigns.start import Cause
from contacts import consent, handover, texts
from contacts.attributes import AttributeClashError
from contacts.identity import Identity
from contacts.segments import ImpossibleSegmentError
from deliveries import outbox, replies
from deliveries.outbox import Order
from events import notify
from events.effects import Effects, Key
from rules import acts
from rules.event import Event
from runtime import Runtime
from store import attributes, contacts
from store.documents.attribute import AttributeKind
from store.documents.contact import Contact
from store.documents.delivery import Purpose
from store.documents.suppression import Scope


@dataclass(slots=True)
class Round:
    """One event's round of rules. The contact changes as actions change it.

    rule: whose action it is now. place: of the action within its rule. messages_owed: whether a
    send job has work. earlier: what attributes were before a worker that died had counted.
    """

    rt: Runtime
    effects: Effects
    contact: Contact
    event: Event
    rule_version: int
    now: datetime
    rule: str = ""
    place: int = 0
    messages_owed: bool = False
    earlier: dict[str, int | float] = field(default_factory=dict)

    def facts(self) -> Mapping[str, Any]:
        """What texts may say of the event: a property `total` is `event.total` for short."""
        properties = dict(self.event.properties)
        own = {"text": self.event.text, "name": self.event.name, "properties": properties}
        return {**properties, **own}

    def identity(self) -> Identity:
        return Identity(self.contact["wa_id"], self.contact["bsuid"])

    def counted_before(self, by: Mapping[str, int | float]) -> None:
        """These were added by a worker that died: who watches may not have been told."""
        for name, more in by.items():
            held = self.contact["attributes"].get(name)
            if isinstance(held, int | float) and not isinstance(held, bool):
                self.earlier.setdefault(name, held - more)

    def before(self, contact: Contact) -> Contact:
        """`contact`, read when the round began, as it was before any of it."""
        if not self.earlier:
            return contact
        return {**contact, "attributes": {**contact["attributes"], **self.earlier}}

    def at(self, rule: str, place: int) -> None:
        """Go on with this action."""
        self.rule, self.place = rule, place
        self.effects.acting = self.key()

    def key(self) -> Key:
        """Which action it is now."""
        return self.event.id, self.rule, self.place

    def mark(self) -> str:
        """The same for the same action whenever it is repeated, and short."""
        return mark_of(*self.key())

    def held(self) -> str | None:
        """Why nothing is said to the person now, if so: an agent answers."""
        if handover.is_quiet(self.contact, self.event.at):
            return "held: an agent answers"
        return None

    def change(self, change: dict[str, Any]) -> None:
        """Have MongoDB's `change` made to the contact."""
        dated = {**change, "$max": {"updated_at": self.now}}
        self.contact = self.effects.change(self.contact, dated)


def mark_of(event_id: str, rule: str, place: int) -> str:
    """A short name for one action of one event. Pure."""
    said = f"{event_id}:{rule}:{place}"
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def perform(on: Round, action: acts.Action) -> str:
    """Do one action; say what came of it, for the history. Raises what its store raises."""
    doing: Callable[[Round, Any], str] | None = _DOING.get(type(action))
    if doing is None:
        # The check refuses such rules; a version published by a newer release may hold one.
        raise NotPerformableError(f"this version cannot carry out {action.kind}")
    return doing(on, action)


class NotPerformableError(Exception):
    """The rules ask for what this version cannot do."""


def _start_campaign(on: Round, action: acts.StartCampaign) -> str:
    return launch(on, action.campaign, on.rule)


def launch(on: Round, campaign: str, rule: str | None) -> str:
    """Start a campaign for the event's person, by a rule or (rule None) by its own trigger."""
    if held := on.held():
        return held
    if on.effects.owes(on.contact["_id"]):
        on.effects.settle(on.now)  # an earlier reply leaves before this
    started = start.start_for(on.rt, campaign, on.contact, cause_of(on, rule), on.now)
    on.messages_owed = on.messages_owed or started.owed
    return started.detail


def _enrol(on: Round, action: acts.Enrol) -> str:
    if held := on.held():
        return held
    entry = start.entry_of(cause_of(on, on.rule), action.campaign)
    found = enrolling.enrol(on.rt, action.campaign, [on.contact], entry, on.now)
    return found[on.contact["_id"]].detail


def _withdraw(on: Round, action: acts.Withdraw) -> str:
    left = leaving.withdraw(
        on.rt, on.contact, action.campaign, f"rule {on.rule}", on.now, on.event.id
    )
    return f"withdrawn from {action.campaign}" if left else f"is not in {action.campaign}"


def cause_of(on: Round, rule: str | None) -> Cause:
    """Why a campaign would be started now. Pure."""
    return Cause(
        event_id=on.event.id,
        at=on.event.at,
        answer=on.event.name in ("message", "replied"),
        rule=rule,
        rule_version=on.rule_version,
        facts=on.facts(),
    )


def reply_order(on: Round, action: acts.SendReply) -> tuple[Order, str | None]:
    """The reply, and why it will not be sent. Pure."""
    skip: str | None = None
    content: dict[str, Any] = {}
    try:
        content = replies.content(action, texts.context(on.contact, on.facts()))
    except texts.TextError:
        skip = "missing_variable"
    order = Order(
        cause=f"event:{on.event.id}:rule:{on.rule}",
        contact_id=on.contact["_id"],
        step=on.place,
        purpose=Purpose.REPLY,
        category="service",
        message=content,
        due_at=on.now,
        triggered_by={
            "event_id": on.event.id,
            "rule": on.rule,
            "rule_version": on.rule_version,
        },
    )
    return order, skip


def _reply(on: Round, action: acts.SendReply) -> str:
    if held := on.held():
        return held
    order, skip = reply_order(on, action)
    if skip is not None:
        outbox.refuse(on.rt.db, order, skip, on.now)
        return f"skipped: {skip}"
    on.effects.owe(order)
    on.messages_owed = True
    return "owed"


def _set_attributes(on: Round, action: acts.SetAttributes) -> str:
    try:
        held = on.effects.held.values(action.values, on.now)
    except AttributeClashError as error:
        raise NotPerformableError(f"{error.name}: {error}") from None
    on.change({"$set": {f"attributes.{name}": value for name, value in held.items()}})
    return "set"


def _increment(on: Round, action: acts.Increment) -> str:
    kinds = attributes.kinds(on.rt.db, action.by)
    for name in action.by.keys() - kinds.keys():
        kinds[name] = attributes.define(on.rt.db, name, AttributeKind.NUMBER, "rule", on.now)
    by = {name: more for name, more in action.by.items() if kinds[name] is AttributeKind.NUMBER}
    on.effects.settle(on.now)  # what was set before is counted on
    counted = contacts.count_up(on.rt.db, on.contact["_id"], by, on.mark(), on.now)
    if counted is None:
        on.counted_before(by)
        return "counted before"
    on.contact = counted
    return "; ".join(
        f"{name} {'counted' if name in by else 'holds no numbers, and stays'}" for name in action.by
    )


def _unset_attributes(on: Round, action: acts.UnsetAttributes) -> str:
    on.change({"$unset": {f"attributes.{name}": "" for name in action.names}})
    return "unset"


def _add_to_segment(on: Round, action: acts.AddToSegment) -> str:
    _refuse_live(on, action.segment)
    on.change({"$addToSet": {"segments": action.segment}})
    return f"in {action.segment}"


def _remove_from_segment(on: Round, action: acts.RemoveFromSegment) -> str:
    _refuse_live(on, action.segment)
    on.change({"$pull": {"segments": action.segment}})
    return f"not in {action.segment}"


def _refuse_live(on: Round, segment: str) -> None:
    try:
        on.effects.refuse_live(segment)
    except ImpossibleSegmentError as error:
        raise NotPerformableError(str(error)) from None


def _suppress(on: Round, action: acts.Suppress) -> str:
    until = on.event.at + timedelta(seconds=action.for_s) if action.for_s else None
    consent.suppress(
        on.rt.db,
        on.identity(),
        scope=Scope(action.scope),
        until=until,
        source="rule",
        reason=on.rule,
        evidence=on.event.id,
        now=on.event.at,
    )
    return f"{action.scope} {'until ' + until.isoformat() if until else 'for good'}"


def _unsuppress(on: Round, action: acts.Unsuppress) -> str:
    """Lifts what rules and people of the shop set; never what the person asked for."""
    if kept := unsuppress_kept(on, action):
        return kept
    consent.lift(
        on.rt.db,
        on.identity(),
        source="rule",
        reason=on.rule,
        evidence=on.event.id,
        now=on.event.at,
        only=Scope.MARKETING if action.scope == "marketing" else None,
    )
    return "lifted"


def _hand_over(on: Round, action: acts.HandOver) -> str:
    """An agent answers now. Said again later, it lasts longer."""
    try:
        note = texts.fill(action.note, texts.context(on.contact, on.facts())) if action.note else ""
    except texts.TextError as error:
        note = str(error)
    seconds = action.for_s or handover.DEFAULT.total_seconds()
    until = on.event.at + timedelta(seconds=seconds)
    on.change({"$set": {"handed_over": handover.begun(on.event.at, until, on.rule, note)}})
    return f"until {until.isoformat()}"


def _notify(on: Round, action: acts.Notify) -> str:
    try:
        return notify.owe(on, action)
    except notify.UnknownAddressError as error:
        raise NotPerformableError(str(error)) from None


def unsuppress_kept(on: Round, action: acts.Unsuppress) -> str | None:
    """Why nothing would be lifted. Reads only."""
    if consent.asked_for_it(on.rt.db, on.identity()):
        return "kept: the person asked for it"
    standing = consent.standing_scope(on.rt.db, on.identity(), on.now)
    if standing is Scope.ALL and action.scope == "marketing":
        return "kept: everything is held back, and this lifts marketing alone"
    return None


_DOING: dict[type, Callable[[Round, Any], str]] = {
    acts.StartCampaign: _start_campaign,
    acts.SendReply: _reply,
    acts.SetAttributes: _set_attributes,
    acts.Increment: _increment,
    acts.UnsetAttributes: _unset_attributes,
    acts.AddToSegment: _add_to_segment,
    acts.RemoveFromSegment: _remove_from_segment,
    acts.Suppress: _suppress,
    acts.Unsuppress: _unsuppress,
    acts.HandOver: _hand_over,
    acts.Enrol: _enrol,
    acts.Withdraw: _withdraw,
    acts.Notify: _notify,
}
