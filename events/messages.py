"""One message of one person: their contact, STOP and START before any rule, then the rules."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from contacts import consent, touch, words
from contacts.identity import Identity
from contacts.words import Wish
from deliveries import outbox
from deliveries.outbox import Order
from events import answers, decide
from events.answers import Answered
from rules.book import RuleBook
from rules.event import MESSAGE, Event
from runtime import Runtime
from store import contacts, events
from store.documents.contact import Contact, OptIn
from store.documents.delivery import Purpose
from store.documents.suppression import Scope
from whatsapp import messages
from whatsapp.inbound import Message

_NOT_SAID = {"reaction", "system", "unsupported", "unknown", "edit", "revoke"}


@dataclass(slots=True)
class Handled:
    """messages_owed: whether a send job has work."""

    contact: Contact
    messages_owed: bool = False


def handle(
    rt: Runtime,
    book: RuleBook | None,
    contact: Contact,
    event_id: str,
    message: Message,
    now: datetime,
) -> Handled:
    """Everything one inbound message brings about. Safe to repeat.

    book None: no rules were ever published; the person is kept and STOP is honoured all the same.
    """
    if message.type == "system":
        return Handled(contact)
    contact = touch.heard_from(rt.db, contact, message.at, now)
    answered = None if message.type in _NOT_SAID else answers.answered_by(rt, contact, message)
    event = _event(event_id, message, answered)
    wish = _wish(message, contact)
    if wish and _asks_for_something(rt, contact, event, wish[0], now):
        return _honour(rt, book, contact, event, message, wish, answered, now)
    if answered is not None:
        answers.keep_reply(rt, answered, message)
    if book is None or message.type in _NOT_SAID:
        handled_by = "no rules" if book is None else message.type
        decide.note(rt, contact, event, now, handled=handled_by, message_type=message.type)
        return Handled(contact)
    return _ask_rules(rt, book, contact, event, message, answered, now)


def _ask_rules(
    rt: Runtime,
    book: RuleBook,
    contact: Contact,
    event: Event,
    message: Message,
    answered: Answered | None,
    now: datetime,
) -> Handled:
    delivery_id = answered.delivery["_id"] if answered else None
    on = decide.handle(
        rt, book, contact, event, now, delivery_id=delivery_id, message_type=message.type
    )
    owed = on.messages_owed
    for told in _of_campaign(event, answered):
        if book.uses(told.name, event.campaign):
            on = decide.handle(rt, book, on.contact, told, now, delivery_id=delivery_id)
            owed = owed or on.messages_owed
    return Handled(on.contact, owed)


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
        campaign_type="triggered" if delivery and delivery["campaign"] else None,
        step=delivery["step"] if delivery and delivery["campaign"] else None,
        properties=properties,
    )


def _of_campaign(event: Event, answered: Answered | None) -> list[Event]:
    """The same words as an answer to a campaign, and the same tap as a click on its message.

    The ids are the delivery's, and the button's: each button of a message is answered once.
    """
    if answered is None:
        return []
    about = f"{answered.delivery['_id']}"
    told = [replace(event, id=f"{about}:replied:{event.button or ''}", name="replied")]
    if event.button and answered.attribution == "exact":
        told.append(replace(event, id=f"{about}:clicked:{event.button}", name="clicked"))
    return told


def _wish(message: Message, contact: Contact) -> tuple[Wish, Scope] | None:
    if message.type == "text" and message.text:
        return words.wish_of(message.text, contact["language"])
    for said in (message.button, message.button_title):
        if said and (wish := words.wish_of(said, contact["language"], button=True)):
            return wish
    return None


def _asks_for_something(
    rt: Runtime, contact: Contact, event: Event, what: Wish, now: datetime
) -> bool:
    """Whether there is anything to stop or to start again; START from somebody who never stopped
    is an ordinary message."""
    identity = Identity(contact["wa_id"], contact["bsuid"])
    if what is Wish.START and consent.is_newer(rt.db, identity, event.at):
        return False  # a START from before the STOP, delivered late
    if what is Wish.STOP or contact["consent"]["state"] == OptIn.NO:
        return True
    if consent.standing_scope(rt.db, identity, now) is not None:
        return True
    begun = events.find(rt.db, event.id)  # by a worker that died before it was done
    return begun is not None and begun["handled"] == what


def _honour(
    rt: Runtime,
    book: RuleBook | None,
    contact: Contact,
    event: Event,
    message: Message,
    wish: tuple[Wish, Scope],
    answered: Answered | None,
    now: datetime,
) -> Handled:
    """STOP or START, before any rule and whatever the rules say.

    The confirmation is owed first: a repeat after a crash could not tell any more whether the wish
    was new. The gate lets a confirmation through.
    """
    what = wish[0]
    decide.note(rt, contact, event, now, handled=what, message_type=message.type)
    owed = _confirm(rt, contact, event, wish, now)
    _keep_wish(rt, contact, message, wish)
    source = "button" if message.button else "keyword"
    said = {
        "state": OptIn.NO if what is Wish.STOP else OptIn.YES,
        "source": source,
        "at": message.at,
        "evidence": message.wamid,
    }
    contact = contacts.update(rt.db, contact["_id"], {"$set": {"consent": said}}) or contact
    if what is Wish.STOP and answered is not None:
        answers.keep_reply(rt, answered, message)
        answers.count_opt_out(rt, answered.delivery, message.at)
        if book is not None and book.uses("opted_out", event.campaign):
            left = replace(event, id=f"{answered.delivery['_id']}:opted_out", name="opted_out")
            delivery_id = answered.delivery["_id"]
            on = decide.handle(rt, book, contact, left, now, delivery_id=delivery_id)
            return Handled(on.contact, owed or on.messages_owed)
    return Handled(contact, owed)


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
    what, scope = wish
    said = event.text or event.button_title or event.button or ""
    identity = Identity(contact["wa_id"], contact["bsuid"])
    standing = consent.standing_scope(rt.db, identity, now)
    if what is Wish.STOP and standing is not None and standing in (scope, Scope.ALL):
        return False
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
