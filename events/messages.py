"""Messages of people, in order: STOP and START before any rule, then the rules."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bson import ObjectId

from campaigns import leaving
from config import tracing
from contacts import consent, words
from contacts.identity import Identity
from contacts.words import Wish
from deliveries import outbox
from deliveries.outbox import Order
from events import answers, decide, standing
from events.answers import Answered
from events.work import Work
from rules.book import RuleBook
from rules.event import MESSAGE, Event
from runtime import Runtime
from store import contacts, events
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Purpose, campaign_type
from store.documents.suppression import Scope
from whatsapp import messages
from whatsapp.inbound import Message

_NOT_SAID = {"reaction", "system", "unsupported", "unknown", "edit", "revoke"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, who wrote it, and the journal row it came in."""

    event_id: str
    contact: Contact
    message: Message
    received_at: datetime


def handle(work: Work, heard: Sequence[Heard]) -> list[str]:
    """Everything these messages bring about; the rows that are done. Safe to repeat.

    Where no rules were ever published, people are kept and STOP is honoured all the same; what else
    was said waits a while for the first rules.
    """
    answered = answers.answered_by(
        work.rt, [(one.contact, one.message) for one in heard if one.message.type not in _NOT_SAID]
    )
    found = iter(answered)
    desk = _Desk(work)
    done = [
        one.event_id
        for one in heard
        if desk.take(one, None if one.message.type in _NOT_SAID else next(found))
    ]
    desk.settle()
    return done


WishMade = tuple[Wish, Scope]
Taps = defaultdict[ObjectId, set[str]]  # {delivery: buttons tapped since it was read}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message is taken for. wish: honoured before any rule. told: what else it is to the
    campaign that it answers."""

    event: Event
    answered: Answered | None
    wish: WishMade | None
    told: tuple[Event, ...]


def taken(
    work: Work, contact: Contact, event_id: str, message: Message, named: Answered | None
) -> Taken:
    """What `message` would be taken for if it came now. Reads only.

    named: what it answers, where somebody said so.
    """
    answered = named or answers.answered_by(work.rt, [(contact, message)])[0]
    event = _event(event_id, message, answered)
    wish = _wish(message, contact)
    if wish and not _asks_for_something(work, contact, event, wish[0]):
        wish = None
    return Taken(event, answered, wish, tuple(_of_campaign(event, answered)))


@dataclass
class _Desk:
    """Where one batch of messages is worked through, in order."""

    work: Work

    def __post_init__(self) -> None:
        self.docket = decide.Docket(self.work)
        self.replies = answers.Replies(self.work.rt)
        self.taps: Taps = defaultdict(set)

    def settle(self) -> None:
        self.replies.settle()
        self.docket.settle()

    def take(self, heard: Heard, answered: Answered | None) -> bool:
        """Whether the message is done, or will be once the desk is settled."""
        with tracing.within(self.work.traces.get(heard.event_id)):
            return self._take(heard, answered)

    def _take(self, heard: Heard, answered: Answered | None) -> bool:
        message, book = heard.message, self.work.book
        contact = self.docket.contact(heard.contact)
        event = _event(heard.event_id, message, answered)
        wish = _wish(message, contact)
        if wish and _asks_for_something(self.work, contact, event, wish[0]):
            self.settle()
            contact = _honour(self.work, self.docket.contact(contact), event, heard, wish, answered)
            self.docket.stands(contact)
            return True
        if message.type in _NOT_SAID:
            self.docket.note(contact, event, message.type, message_type=message.type)
            return True
        if self.work.awaits_rules(heard.received_at):
            return False
        if answered is not None:
            self.replies.add(answered, message)
            self._end_drips(contact, event, answered)
        if book is None:
            self.docket.note(contact, event, "no rules", message_type=message.type)
            return True
        self._ask(book, contact, event, message, answered)
        return True

    def _end_drips(self, contact: Contact, event: Event, answered: Answered) -> None:
        """An answer to a drip's message may end it."""
        if campaign_type(answered.delivery) == "drip":
            leaving.answered(
                self.work.rt,
                self.work.exits,
                contact,
                answered.delivery,
                event.id,
                self.work.now,
                tapped=bool(event.button) and answered.attribution == "exact",
            )

    def _ask(
        self,
        book: RuleBook,
        contact: Contact,
        event: Event,
        message: Message,
        answered: Answered | None,
    ) -> None:
        delivery_id = answered.delivery["_id"] if answered else None
        self.docket.ask(book, contact, event, delivery_id=delivery_id, message_type=message.type)
        for told in _of_campaign(event, answered, self.taps):
            if book.uses(told.name, event.campaign):
                self.docket.ask(book, contact, told, delivery_id=delivery_id)


def _event(event_id: str, message: Message, answered: Answered | None) -> Event:
    delivery = answered.delivery if answered else None
    properties: dict[str, Any] = {"type": message.type}
    if message.referral:
        properties["ad"] = str(message.referral.get("source_id") or "")
    if message.reaction:
        properties["reaction"] = message.reaction
    return Event(
        id=event_id,
        name=MESSAGE,
        at=message.at,
        text=message.text,
        button=message.button,
        button_title=message.button_title,
        campaign=delivery["campaign"] if delivery else None,
        campaign_type=campaign_type(delivery) if delivery else None,
        step=delivery["step"] if delivery and delivery["campaign"] else None,
        reached=standing.reached(delivery) if delivery else frozenset(),
        buttons=frozenset(delivery["clicks"]) if delivery else frozenset(),
        properties=properties,
    )


def _of_campaign(event: Event, answered: Answered | None, taps: Taps | None = None) -> list[Event]:
    """The same words as an answer to a campaign, and the same tap as a click on its message.

    The ids are the delivery's, and the button's: each button of a message is answered once.
    """
    if answered is None:
        return []
    delivery = answered.delivery
    about = f"{delivery['_id']}"
    tapped = event.button if answered.attribution == "exact" else None
    before = taps[delivery["_id"]] if taps is not None else set()
    before |= {tapped} if tapped else set()
    became = {"replied", "clicked"} if tapped or delivery["clicks"] or before else {"replied"}
    stands = replace(
        event,
        reached=standing.reached(delivery, became),
        buttons=frozenset(delivery["clicks"]) | before,
    )
    told = [replace(stands, id=f"{about}:replied:{event.button or ''}", name="replied")]
    if tapped:
        told.append(replace(stands, id=f"{about}:clicked:{tapped}", name="clicked"))
    return told


def _wish(message: Message, contact: Contact) -> tuple[Wish, Scope] | None:
    if message.type == "text" and message.text:
        return words.wish_of(message.text, contact["language"])
    for said in (message.button, message.button_title):
        if said and (wish := words.wish_of(said, contact["language"], button=True)):
            return wish
    return None


def _asks_for_something(work: Work, contact: Contact, event: Event, what: Wish) -> bool:
    """Whether there is anything to stop or to start again; START from somebody who never stopped
    is an ordinary message."""
    db = work.rt.db
    identity = Identity(contact["wa_id"], contact["bsuid"])
    if what is Wish.START and consent.is_newer(db, identity, event.at):
        return False  # a START from before the STOP, delivered late
    if what is Wish.STOP or contact["consent"]["state"] == OptIn.NO:
        return True
    if consent.standing_scope(db, identity, work.now) is not None:
        return True
    begun = events.find(db, event.id)  # by a worker that died before it was done
    return begun is not None and begun["handled"] == what


def _honour(
    work: Work,
    contact: Contact,
    event: Event,
    heard: Heard,
    wish: tuple[Wish, Scope],
    answered: Answered | None,
) -> Contact:
    """STOP or START, before any rule and whatever the rules say; the contact as it stands now.

    The confirmation is owed first: a repeat after a crash could not tell any more whether the wish
    was new. The gate lets a confirmation through.
    """
    rt, message = work.rt, heard.message
    what = wish[0]
    decide.note(work, contact, event, what, message_type=message.type)
    owed = _confirm(rt, contact, event, wish, work.now)
    work.messages_owed = work.messages_owed or owed
    _keep_wish(rt, contact, message, wish)
    said = {
        "state": OptIn.NO if what is Wish.STOP else OptIn.YES,
        "source": "button" if message.button else "keyword",
        "at": message.at,
        "evidence": message.wamid,
    }
    contact = contacts.update(rt.db, contact["_id"], {"$set": {"consent": said}}) or contact
    if what is not Wish.STOP:
        return contact
    leaving.opted_out(rt, work.exits, contact, wish[1], event.id, work.now)
    return _left(work, contact, event, message, answered)


def _left(
    work: Work, contact: Contact, event: Event, message: Message, answered: Answered | None
) -> Contact:
    """Somebody opted out: counted with the message they answered, and told to the rules."""
    if answered is None:
        if work.book is None or not work.book.uses("opted_out", None):
            return contact
        return decide.ask(work, contact, replace(event, id=f"{event.id}:left", name="opted_out"))
    replies = answers.Replies(work.rt)
    replies.add(answered, message)
    replies.settle()
    answers.count_opt_out(work.rt, answered.delivery, message.at)
    if work.book is None or not work.book.uses("opted_out", event.campaign):
        return contact
    left = replace(event, id=f"{answered.delivery['_id']}:opted_out", name="opted_out")
    return decide.ask(work, contact, left, delivery_id=answered.delivery["_id"])


def _keep_wish(rt: Runtime, contact: Contact, message: Message, wish: tuple[Wish, Scope]) -> None:
    identity = Identity(contact["wa_id"], contact["bsuid"])
    source = "button" if message.button else "keyword"
    what, scope = wish
    if what is Wish.START:
        consent.lift(
            rt.db, identity, source=source, reason=None, evidence=message.wamid, now=message.at
        )
        return
    consent.suppress(
        rt.db,
        identity,
        scope=scope,
        until=None,
        source=source,
        reason=None,
        evidence=message.wamid,
        now=message.at,
    )


def _confirm(
    rt: Runtime, contact: Contact, event: Event, wish: tuple[Wish, Scope], now: datetime
) -> bool:
    """Say it once: whoever writes STOP again was told before. Whether a message is owed."""
    if not is_confirmed(rt, contact, wish, now):
        return False
    what, scope = wish
    said = event.text or event.button_title or event.button or ""
    order = Order(
        cause=f"event:{event.id}:{what}",
        contact_id=contact["_id"],
        purpose=Purpose.CONFIRMATION,
        category="service",
        message=messages.text(words.confirmation(what, contact["language"], said, scope)),
        due_at=now,
        triggered_by={"event_id": event.id, "rule": None, "rule_version": None},
    )
    outbox.owe(rt.db, order, now)
    return True


def is_confirmed(rt: Runtime, contact: Contact, wish: WishMade, now: datetime) -> bool:
    """Whether the wish is confirmed: whoever writes STOP again was told before. Reads only."""
    what, scope = wish
    identity = Identity(contact["wa_id"], contact["bsuid"])
    standing = consent.standing_scope(rt.db, identity, now)
    return not (what is Wish.STOP and standing is not None and standing in (scope, Scope.ALL))
