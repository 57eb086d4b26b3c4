"""Let the rules see events, do what they say, and keep what was decided and what came of it.

What is decided is kept before it is acted upon, for many events in one write. The events of one
person see each other's effects: nothing is decided of a person whose actions are not done yet.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from bson import ObjectId

from campaigns.triggers import Happening
from config import metrics, tracing
from contacts import handover
from events import again, doing
from events.actions import Round
from events.doing import Doings
from events.effects import Effects
from events.work import Work
from rules.book import Decision, RuleBook
from rules.event import CAMPAIGN_EVENTS, MESSAGE, NEGATIVES, ContactFacts, Event
from rules.intents import IntentMatch
from store import deliveries, events
from store.documents.contact import Contact
from store.documents.event import EventRecord

# What rules are told beside what has a place of its own in the record.
_ABOUT = ("button_title", "campaign_type", "step", "error_code", "after_s")
_ABOUT_SEVERAL = ("reached", "buttons", "link")


def facts_of(contact: Contact, segments: frozenset[str]) -> ContactFacts:
    """What rules may know of a contact. segments: every one they are in, the live ones too: see
    `contacts.segments.Directory.of`. Pure."""
    return ContactFacts(
        attributes=contact["attributes"],
        segments=segments,
        language=contact["language"],
        country=contact["country"],
        timezone=contact["timezone"],
    )


def happening(event: Event, intents: Sequence[IntentMatch]) -> Happening:
    """The event, as campaigns' own triggers look at it. Pure."""
    return Happening(
        event.name,
        event.at,
        intents=tuple(match.name for match in intents),
        button=event.button,
        properties=event.properties,
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """An event in hand. decision None: no rule is asked about it. triggers: campaigns that it
    starts by themselves."""

    event: Event
    contact_id: ObjectId
    record: EventRecord
    decision: Decision | None = None
    triggers: Sequence[str] = ()
    trace: str | None = field(default_factory=tracing.current)

    @property
    def acts(self) -> bool:
        return bool(self.triggers or (self.decision and self.decision.hits))


@dataclass
class Docket:
    """Events to decide together. Safe to repeat, whole or in part: an event that was decided
    before keeps its decision, whatever rules are published now, and each action is done once."""

    work: Work
    _entries: list[_Entry] = field(default_factory=list)
    _acting: set[ObjectId] = field(default_factory=set)
    _standing: dict[ObjectId, Contact] = field(default_factory=dict)

    def contact(self, contact: Contact) -> Contact:
        """The contact as it stands after what was settled."""
        return self._standing.get(contact["_id"], contact)

    def stands(self, contact: Contact) -> None:
        """The contact was changed elsewhere, and is so now."""
        self._standing[contact["_id"]] = contact

    def note(
        self,
        contact: Contact,
        event: Event,
        handled: str,
        *,
        delivery_id: ObjectId | None = None,
        message_type: str | None = None,
    ) -> None:
        """An event that no rule is asked about, and by what it was handled."""
        record = _record_of(event, contact, self.work.now, delivery_id, message_type)
        record["handled"] = handled
        self._entries.append(_Entry(event, contact["_id"], record))

    def ask(
        self,
        book: RuleBook,
        contact: Contact,
        event: Event,
        *,
        delivery_id: ObjectId | None = None,
        message_type: str | None = None,
    ) -> None:
        """Decide `event` now; what it wants done is done when the docket is settled."""
        if contact["_id"] in self._acting:
            self.settle()
        contact = self.contact(contact)
        if handover.is_for_an_agent(contact, event.name, event.at):
            self.note(
                contact, event, "handed_over", delivery_id=delivery_id, message_type=message_type
            )
            return
        begun = tracing.clock()
        facts = facts_of(contact, self.work.live.of(contact, self.work.now))
        decision = book.decide(event, facts, self.work.now)
        metrics.decided(matched=bool(decision.hits))
        decided = {"rule_version": decision.rule_version, "rules": len(decision.hits)}
        tracing.record("decision", tracing.current(), begun, **decided)
        record = _record_of(event, contact, self.work.now, delivery_id, message_type)
        record["decision"] = _written(decision)
        entry = _Entry(event, contact["_id"], record, decision, self._triggers(event, decision))
        self._entries.append(entry)
        self._standing.setdefault(contact["_id"], contact)
        if entry.acts:
            self._acting.add(contact["_id"])

    def settle(self) -> None:
        """Keep what was decided, then do it. An action that fails stops no other: it is tried
        again alone, later."""
        entries, self._entries = _once(self.work, self._entries), []
        self._acting.clear()
        before = events.keep(self.work.rt.db, [entry.record for entry in entries])
        effects = Effects(self.work.rt.db)
        doings: list[Doings] = []
        for fresh in entries:
            standing = before.get(fresh.event.id)
            if standing is not None and standing["actions"]:
                continue
            entry = fresh if standing is None else self._as_decided(fresh, standing)
            if entry.acts and entry.decision is not None:
                with tracing.within(entry.trace):
                    doings.append(self._act(effects, entry, entry.decision))
        effects.settle(self.work.now)
        self.work.send()
        again.owe(self.work.rt, doings, effects.failed, self.work.now)
        events.acted(self.work.rt.db, {one.event_id: one.records() for one in doings})

    def _triggers(self, event: Event, decision: Decision) -> Sequence[str]:
        if event.campaign is not None and event.name != MESSAGE:
            return ()  # what became of a campaign starts others by rules alone
        return self.work.triggers.started_by(happening(event, decision.intents))

    def _as_decided(self, entry: _Entry, standing: EventRecord) -> _Entry:
        """The decision that was made when the event was first seen; a crash may have come since.

        Its rules are those of its own version; today's of the same names where that one cannot be
        read any more.
        """
        decided = standing["decision"]
        if entry.decision is None or decided is None or self.work.book is None:
            return replace(entry, decision=None, triggers=())
        version = int(decided["rule_version"])
        book = self.work.book_at(version) or self.work.book
        decision = replace(
            entry.decision,
            rule_version=version,
            hits=book.hits_named(decided.get("rules", ())),
            intents=tuple(IntentMatch(**match) for match in decided.get("intents", ())),
        )
        return replace(entry, decision=decision, triggers=self._triggers(entry.event, decision))

    def _act(self, effects: Effects, entry: _Entry, decision: Decision) -> Doings:
        self.work.hold()
        contact = self._standing[entry.contact_id]
        on = Round(
            self.work.rt, effects, contact, entry.event, decision.rule_version, self.work.now
        )
        doings = doing.do(on, decision.hits, entry.triggers)
        effects.notice(on.before(contact), on.contact, entry.event.id, self.work.now)
        self._standing[entry.contact_id] = on.contact
        self.work.messages_owed = self.work.messages_owed or on.messages_owed
        return doings


def _once(work: Work, entries: Sequence[_Entry]) -> list[_Entry]:
    """Without the rules that acted before on what became of the same message: such a rule acts once
    for one recipient, whatever else becomes of it."""
    claims = [
        (delivery_id, hit.rule, entry.event.id)
        for entry in entries
        if (delivery_id := _message_of(entry)) is not None and entry.decision is not None
        for hit in entry.decision.hits
    ]
    if not claims:
        return list(entries)
    acting = deliveries.act_once(work.rt.db, claims)
    return [_only(entry, acting) if _message_of(entry) else entry for entry in entries]


def _message_of(entry: _Entry) -> ObjectId | None:
    """The campaign's message that the event is about; None where it is no such event."""
    ours = entry.event.name in CAMPAIGN_EVENTS or entry.event.name in NEGATIVES
    return entry.record["delivery_id"] if ours and entry.event.campaign else None


def _only(entry: _Entry, acting: Collection[tuple[str, str]]) -> _Entry:
    if entry.decision is None or not entry.decision.hits:
        return entry
    hits = tuple(hit for hit in entry.decision.hits if (entry.event.id, hit.rule) in acting)
    decision = replace(entry.decision, hits=hits)
    record: EventRecord = {**entry.record, "decision": _written(decision)}
    return replace(entry, decision=decision, record=record)


def ask(
    work: Work, contact: Contact, event: Event, *, delivery_id: ObjectId | None = None
) -> Contact:
    """Decide one event and act on it at once, where there are rules; the contact as it stands
    afterwards. Safe to repeat."""
    if work.book is None:
        return contact
    docket = Docket(work)
    docket.ask(work.book, contact, event, delivery_id=delivery_id)
    docket.settle()
    return docket.contact(contact)


def note(
    work: Work, contact: Contact, event: Event, handled: str, *, message_type: str | None = None
) -> None:
    """Keep one event that no rule is asked about, at once. Safe to repeat."""
    docket = Docket(work)
    docket.note(contact, event, handled, message_type=message_type)
    docket.settle()


def _record_of(
    event: Event,
    contact: Contact,
    now: datetime,
    delivery_id: ObjectId | None,
    message_type: str | None,
) -> EventRecord:
    """The row for an event about which nothing was decided yet. Pure."""
    record: EventRecord = {
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
    about = {name: told for name in _ABOUT if (told := getattr(event, name)) is not None}
    about |= {name: sorted(told) for name in _ABOUT_SEVERAL if (told := getattr(event, name))}
    if about:
        record["about"] = about
    return record


def _written(decision: Decision) -> dict[str, Any]:
    return {
        "rule_version": decision.rule_version,
        "engine": decision.engine,
        "intents": [asdict(match) for match in decision.intents],
        "rules": [hit.rule for hit in decision.hits],
    }
